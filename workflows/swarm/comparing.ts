/**
 * Independent mode: nothing is merged. The tree of each finished branch is verified by the project's commands, the
 * answers are put side by side, a judge may rank them, and a person or the policy of the gate `pick` chooses one.
 */
import {
  candidateLines,
  ordered,
  pickable,
  verifiedAs,
  type Candidate,
  type Comparison,
} from '../../domain/swarm/comparison.ts';
import type { VerifyResult } from '../../domain/train/integration.ts';
import { newMergeTrain } from '../../domain/train/train.ts';
import type { TaskRecord } from '../../domain/swarm/task-record.ts';
import { addUsage } from '../../domain/models/usage.ts';
import { continueIfLong } from './continue.ts';
import { giveUp } from '../failures.ts';
import { decide, policyOf, type Answer } from './gates.ts';
import { hostOf } from './opening.ts';
import { persist } from './phase-gate.ts';
import { comparisons, merging, verifying } from '../proxies.ts';
import { storeLongLists } from './report-pages.ts';
import { warn, type Swarm } from './state.ts';
import { enterPhase, showProgress } from './web-ui.ts';

export const comparing = async (swarm: Swarm): Promise<void> => {
  const { state, input } = swarm;
  if (input.independent === undefined || state.phase !== 'integrating') return;
  const comparison = (state.comparison ??= await measured(swarm));
  if (pickable(comparison).length === 0)
    throw giveUp('No agent left a branch: there is nothing to pick from.');
  await verifyEach(swarm);
  await rank(swarm);
  const answer = await ask(swarm);
  const [best = ''] = pickable(state.comparison);
  if (answer.action === 'reject')
    throw giveUp('No answer was picked. The branches of the agents stay in the hub.');
  await land(swarm, answer.choice ?? best, answer);
  enterPhase(swarm, 'synthesising');
};

const candidateOf = (task: TaskRecord): Candidate => ({
  agent: task.outline.id,
  state: task.state,
  ...(task.commit === undefined ? {} : { commit: task.commit }),
  verified: 'not verified',
  ...(task.startedAt === undefined || task.endedAt === undefined
    ? {}
    : { seconds: (task.endedAt - task.startedAt) / 1000 }),
  usage: task.usage,
  summary: task.note,
});

const measured = async (swarm: Swarm): Promise<Comparison> => {
  const { state, input } = swarm;
  const candidates = [...state.tasks.values()].map(candidateOf);
  const branches = candidates.flatMap(({ agent, commit }) =>
    commit === undefined ? [] : [{ branch: agent, commit }],
  );
  const sizes =
    branches.length === 0
      ? []
      : await persist(swarm, 'Comparing', () =>
          comparisons(hostOf(swarm), `compare ${branches.length} answers`).compareBranches({
            swarmId: input.swarmId,
            base: state.opened?.baseCommit ?? '',
            branches,
          }),
        );
  const sizeOf = new Map(branches.map(({ branch }, index) => [branch, sizes[index]]));
  return {
    candidates: candidates.map((one) => {
      const size = sizeOf.get(one.agent);
      return size === undefined ? one : { ...one, size };
    }),
    judged: false,
  };
};

/** One after the other: the commands of a project are not made to run beside each other. */
const verifyEach = async (swarm: Swarm): Promise<void> => {
  const { state, input } = swarm;
  if (state.rules?.verifies !== true || state.comparison === undefined) return;
  for (const { agent } of state.comparison.candidates) {
    await storeLongLists(swarm);
    await continueIfLong(swarm);
    const candidate: Candidate | undefined = state.comparison.candidates.find((one) => one.agent === agent);
    if (candidate?.commit === undefined || candidate.verified !== 'not verified') continue;
    const commit: string = candidate.commit;
    const result: VerifyResult = await persist(swarm, `Verifying ${agent}`, () =>
      verifying(hostOf(swarm), `build and test ${agent}`).verify({
        swarmId: input.swarmId,
        commit,
        settingsKey: input.settingsKey,
      }),
    );
    state.verifications = [...state.verifications, { commit, taskIds: [agent], result }];
    state.comparison = {
      ...state.comparison,
      candidates: state.comparison.candidates.map((one) =>
        one.agent === agent ? { ...one, ...verifiedAs(one, result) } : one,
      ),
    };
    showProgress(swarm);
  }
};

/** A judge that fails is a warning: the person can choose without one. */
const rank = async (swarm: Swarm): Promise<void> => {
  const { state, input } = swarm;
  const { comparison } = state;
  if (comparison === undefined) return;
  const answers = comparison.candidates.flatMap(({ agent, commit, verified, summary }) =>
    commit === undefined ? [] : [{ agent, commit, verified, summary }],
  );
  const judged =
    input.independent?.judge === true && answers.length > 1
      ? await persist(
          swarm,
          'Judging',
          () =>
            comparisons(hostOf(swarm), 'rank the answers').judge({
              swarmId: input.swarmId,
              settingsKey: input.settingsKey,
              prompt: input.goal,
              base: state.opened?.baseCommit ?? '',
              answers,
            }),
          { means: 'The answers are compared without a judge.', instead: () => undefined },
        )
      : undefined;
  if (judged !== undefined) state.overhead = addUsage(state.overhead, judged.usage);
  if (judged?.problem !== undefined) warn(state, `The answers were not judged: ${judged.problem}`);
  const ranking = judged?.ranking ?? [];
  state.comparison = {
    candidates: ordered(comparison.candidates, ranking),
    judged: ranking.length > 0,
  };
};

const ask = (swarm: Swarm): Promise<Answer> => {
  const { comparison } = swarm.state;
  const choices = comparison === undefined ? [] : pickable(comparison);
  const [best = ''] = choices;
  const first = comparison?.candidates[0];
  const policy = policyOf(swarm, 'pick', -1);
  const unsure = first?.verified === 'red';
  return decide(
    swarm,
    {
      kind: 'pick',
      question: `Which of ${choices.length} answers becomes the result?`,
      approveMeans: `The branch of the agent you name becomes the result; without a name that of ${best}, the first in the comparison.`,
      rejectMeans: 'None is picked and the swarm ends as failed; the branches stay in the hub.',
      taskIds: choices,
      choices,
      detail: comparison === undefined ? '' : candidateLines(comparison).join('\n'),
    },
    // What is red is nothing that a policy takes for good.
    policy === 'auto' && unsure ? 'ask' : policy,
  );
};

const WHO: Readonly<Record<Answer['by'], string>> = {
  person: 'a person',
  policy: 'policy',
  timeout: 'nobody in time',
};

const land = async (swarm: Swarm, picked: string, { by, feedback }: Answer): Promise<void> => {
  const { state, input } = swarm;
  const base = state.opened?.baseCommit ?? '';
  const commit = state.tasks.get(picked)?.commit ?? '';
  await persist(swarm, 'Moving the result branch', () =>
    merging(hostOf(swarm), `take the answer of ${picked}`).advanceTrain({
      swarmId: input.swarmId,
      from: base,
      to: commit,
    }),
  );
  for (const task of state.tasks.values())
    if (task.commit !== undefined) task.landing = task.outline.id === picked ? 'landed' : 'skipped';
  const reason = `picked by ${WHO[by]}${feedback === undefined ? '' : `: ${feedback}`}`;
  state.landings = [...state.landings, { taskId: picked, commit, mergeCommit: commit, reason }];
  state.landedTasks = [picked];
  state.train = { ...newMergeTrain(base, state.rules?.verifies ?? false), tip: commit };
  if (state.comparison !== undefined) state.comparison = { ...state.comparison, picked };
};
