/** From the goal to an approved plan: drafts, rejections with feedback, edits, words to the planner. */
import { CancelledFailure, condition } from '@temporalio/workflow';
import { continueIfLong } from '../swarm/continue.ts';
import { giveUp } from '../failures.ts';
import {
  answerDecision,
  closeDecision,
  findOpen,
  openDecision,
  policyOf,
  type Answer,
} from '../swarm/gates.ts';
import { persist } from '../swarm/phase-gate.ts';
import { addVersion, answerPlanRequests, draft, planQuestion, setVersion } from './versions.ts';
import { newestVersion, warn, type Swarm } from '../swarm/state.ts';
import { enterPhase, showProgress } from '../swarm/web-ui.ts';

export const planning = async (swarm: Swarm): Promise<void> => {
  const { state } = swarm;
  if (state.phase === 'planning') {
    if (newestVersion(state) === undefined) await draftFirst(swarm);
    enterPhase(swarm, 'awaiting_approval');
  }
  while (state.phase === 'awaiting_approval') {
    const answer = await approval(swarm);
    if (answer.action === 'approve') {
      setVersion(swarm, { state: 'approved' });
      enterPhase(swarm, 'executing');
    } else {
      enterPhase(swarm, 'planning');
      await revise(swarm, answer);
      enterPhase(swarm, 'awaiting_approval');
    }
  }
};

const draftFirst = async (swarm: Swarm): Promise<void> =>
  addVersion(swarm, await persist(swarm, 'Planning', () => draft(swarm)), swarm.input.planSource.kind);

/** A plan that was rejected is answered with the next version; when none can be had, it is on the table again. */
const revise = async (swarm: Swarm, answer: Answer): Promise<void> => {
  if (answer.by === 'policy') throw giveUp('The policy of the gate "plan" rejects every plan.');
  if (answer.by === 'timeout') throw new CancelledFailure('Nobody answered to the plan in time');
  const feedback = answer.feedback ?? 'The plan was rejected without a reason. Plan differently.';
  setVersion(swarm, { state: 'rejected', feedback });
  const drafted = await persist(swarm, 'Planning again', () => draft(swarm, feedback), {
    means: 'The rejected version of the plan is on the table again; it can be edited.',
    instead: () => undefined,
  });
  if (drafted === undefined) setVersion(swarm, { state: 'proposed' });
  else await addVersion(swarm, drafted, 'model');
};

/** Waits for an answer to the newest version, and answers requests about it meanwhile. */
const approval = async (swarm: Swarm): Promise<Answer> => {
  const id = openPlanDecision(swarm);
  for (;;) {
    swarm.news = false;
    await answerPlanRequests(swarm);
    await continueIfLong(swarm, () => answerPlanRequests(swarm));
    const answer = findOpen(swarm, id)?.answer;
    if (answer !== undefined) {
      closeDecision(swarm, id);
      return answer;
    }
    await newsOrTimeout(swarm, id);
  }
};

const openPlanDecision = (swarm: Swarm): string => {
  const { state, input } = swarm;
  const open = state.openDecisions.find((decision) => decision.kind === 'plan');
  if (open !== undefined) return open.id;
  const preapproved = input.approve && newestVersion(state)?.version === 1;
  // A policy of `auto` approves however often the plan was rejected, hence no tries.
  return openDecision(swarm, planQuestion(swarm), preapproved ? 'auto' : policyOf(swarm, 'plan', -1)).id;
};

/** @returns when something has happened, or after a reminder or timeout that was due */
const newsOrTimeout = async (swarm: Swarm, decisionId: string): Promise<void> => {
  const decision = findOpen(swarm, decisionId);
  const { reminderSeconds = 0, timeoutSeconds = 0, onTimeout = 'cancel' } = swarm.state.rules?.approval ?? {};
  const waited = Date.now() - Date.parse(decision?.openedAt ?? '');
  const left = (seconds: number): number => (seconds > 0 ? seconds * 1000 - waited : Infinity);
  const reminded = left(reminderSeconds) <= 0;
  const next = Math.min(reminded ? Infinity : left(reminderSeconds), left(timeoutSeconds));
  const happened = (): boolean => swarm.news;
  if (next === Infinity) return condition(happened);
  if (next > 0 && (await condition(happened, next))) return;
  if (left(timeoutSeconds) - next <= 0)
    return answerDecision(swarm, decisionId, {
      action: onTimeout === 'approve' ? 'approve' : 'reject',
      by: 'timeout',
    });
  warn(swarm.state, `The plan has been waiting for an answer since ${decision?.openedAt ?? 'long'}.`);
  showProgress(swarm);
};
