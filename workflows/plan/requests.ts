/** Edits of the plan and words about it, from a person: which are refused at once, and why. */
import type { Discuss, EditPlan } from '../../domain/protocol.ts';
import { PLAN_LIMITS } from '../../domain/plan/plan.ts';
import { editProblems } from '../../domain/plan/edits.ts';
import type { Swarm } from '../swarm/state.ts';

export interface Refusal {
  readonly type: 'invalidInput' | 'wrongState';
  readonly message: string;
}

/** Ids of the tasks that have started or ended; edits leave them alone. */
const frozenTasks = (swarm: Swarm): ReadonlySet<string> =>
  new Set(
    [...swarm.state.tasks.values()]
      .filter((task) => task.state !== 'pending' || task.attempts > 0)
      .map((task) => task.outline.id),
  );

const phaseProblem = (swarm: Swarm, phases: readonly string[]): Refusal | undefined =>
  phases.includes(swarm.state.phase)
    ? undefined
    : {
        type: 'wrongState',
        message: `The swarm is ${swarm.state.phase.replaceAll('_', ' ')}; this is possible while it is ${phases
          .map((phase) => phase.replaceAll('_', ' '))
          .join(' or ')}.`,
      };

export const editProblem = (swarm: Swarm, input: EditPlan): Refusal | undefined => {
  const problem = phaseProblem(swarm, ['awaiting_approval', 'executing']);
  if (problem !== undefined) return problem;
  const outlines = [...swarm.state.tasks.values()].map((task) => task.outline);
  // The first moments of a run that continues an earlier one: the main loop checks again before it edits.
  if (outlines.length === 0) return undefined;
  const errors = editProblems(outlines, input?.edits, frozenTasks(swarm)).filter(
    (one) => one.severity === 'error',
  );
  return errors.length === 0
    ? undefined
    : { type: 'invalidInput', message: errors.map((one) => one.message).join(' ') };
};

export const discussProblem = (swarm: Swarm, input: Discuss): Refusal | undefined => {
  const text: unknown = input?.text;
  if (typeof text !== 'string' || text.trim() === '' || text.length > PLAN_LIMITS.goalLength)
    return {
      type: 'invalidInput',
      message: `Say something to the planner, in at most ${PLAN_LIMITS.goalLength} characters.`,
    };
  return phaseProblem(swarm, ['awaiting_approval']);
};
