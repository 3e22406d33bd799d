/**
 * Brings the finished branches onto the merge train. What happens next is decided in `domain/train/train.ts`;
 * here each step is done. A step that fails for good is a question (`persist`), and the train goes on from it.
 */
import { condition, patched } from '@temporalio/workflow';
import {
  baseVerified,
  landed,
  merged,
  newMergeTrain,
  nextStep,
  verified,
  verifiedTogether,
  type MergeTrain,
  type Parked,
  type TrainStep,
} from '../../domain/train/train.ts';
import type { BranchTip } from '../../domain/train/integration.ts';
import { approved, asked, heldTasks, rejected, whyNoFurtherFix } from '../../domain/train/gates.ts';
import { readyBranches } from '../../domain/train/ready-branches.ts';
import { continueIfLong } from '../swarm/continue.ts';
import { repairBranch } from './fixing.ts';
import { closeDecision, findOpen, openDecision, policyOf } from '../swarm/gates.ts';
import { hostOf } from '../swarm/opening.ts';
import { persist } from '../swarm/phase-gate.ts';
import { mergeInto, tasksAccept, verify, verifyTogether } from './probing.ts';
import { merging } from '../proxies.ts';
import { storeLongLists } from '../swarm/report-pages.ts';
import { byHand, tryToResolve } from './resolving.ts';
import type { Swarm } from '../swarm/state.ts';
import { leaveOut, title } from '../tasks/changes.ts';
import { troubleQuestion } from './trouble.ts';
import { enterPhase, showProgress } from '../swarm/web-ui.ts';

/** One `mergeBranches` call takes this many. */
const CHUNK = 500;
/** Landed tasks that a conflict can be put down to. Each call carries them in the history. */
const NAMED = 200;

export const integrating = async (swarm: Swarm): Promise<void> => {
  const { state } = swarm;
  if (state.phase !== 'integrating') return;
  for (;;) {
    await storeLongLists(swarm);
    await continueIfLong(swarm);
    openGates(swarm);
    showProgress(swarm);
    const train = trainOf(swarm);
    const step = nextStep(train, readyBranches(state.tasks, heldTasks(train), CHUNK));
    if (step.kind === 'done') break;
    state.train = await doStep(swarm, train, step);
  }
  enterPhase(swarm, 'synthesising');
};

const trainOf = ({ state }: Swarm): MergeTrain =>
  (state.train ??= newMergeTrain(
    state.opened?.baseCommit ?? '',
    (state.rules?.verifies ?? true) || tasksAccept(state),
    patched('bisection') ? { parallel: state.rules?.probes ?? 1 } : undefined,
  ));

const doStep = async (
  swarm: Swarm,
  train: MergeTrain,
  step: Exclude<TrainStep, { kind: 'done' }>,
): Promise<MergeTrain> => {
  switch (step.kind) {
    case 'merge':
      return merge(swarm, train, step.branches);
    case 'verify':
      return verified(train, await Promise.all(step.probes.map((probe) => verify(swarm, probe))));
    case 'verifyBase':
      return baseVerified(train, await verify(swarm, { commit: step.commit, taskIds: [] }));
    case 'together':
      return verifiedTogether(train, await verifyTogether(swarm, step));
    case 'resolve':
      return tryToResolve(swarm, train, step);
    case 'land':
      return land(swarm, train, step);
    case 'fix':
      return repairBranch(swarm, train, step);
    case 'wait':
      return actOnAnswer(swarm, train);
  }
};

const merge = async (
  swarm: Swarm,
  train: MergeTrain,
  branches: readonly BranchTip[],
): Promise<MergeTrain> => {
  const { state } = swarm;
  const result = await mergeInto(swarm, train.tip, branches);
  // The matrix of a single branch says nothing.
  if (branches.length > 1) state.matrixKeys = [...state.matrixKeys, result.matrixKey];
  return merged(train, branches, result);
};

const land = async (
  swarm: Swarm,
  train: MergeTrain,
  { to, merged }: Extract<TrainStep, { kind: 'land' }>,
): Promise<MergeTrain> => {
  const { state, input } = swarm;
  // A branch may hold nothing that the train does not.
  if (to !== train.tip)
    await persist(swarm, 'Moving the result branch', () =>
      merging(hostOf(swarm), `land ${merged.length} branches`).advanceTrain({
        swarmId: input.swarmId,
        from: train.tip,
        to,
      }),
    );
  for (const branch of merged) {
    const task = state.tasks.get(branch.taskId);
    if (task === undefined) continue;
    task.landing = 'landed';
    task.commit = branch.commit;
  }
  state.landings = [...state.landings, ...merged];
  state.landedTasks = [...state.landedTasks, ...merged.map((branch) => branch.taskId)].slice(-NAMED);
  return landed(train);
};

/** Each branch in trouble has a decision once what is known to be green has landed. */
const openGates = (swarm: Swarm): void => {
  const { batch, parked: all } = trainOf(swarm);
  if (batch?.search !== undefined && batch.green) return;
  for (const parked of all)
    if (parked.decisionId === undefined) {
      const { taskId } = parked.branch;
      const { rules } = swarm.state;
      const enough = whyNoFurtherFix(parked, rules?.fixBudget ?? {});
      const question = troubleQuestion(parked, title(swarm, taskId), enough);
      // Swarms that began before the attempts had an end of this kind go on as they began.
      const ends = enough !== undefined && patched('fixes-end');
      const decision = openDecision(
        swarm,
        question,
        policyOf(swarm, question.kind, ends ? Infinity : parked.fixes),
      );
      recordTogether(swarm, parked);
      swarm.state.train = asked(trainOf(swarm), taskId, decision.id);
    }
};

const recordTogether = ({ state }: Swarm, { branch, trouble }: Parked): void => {
  if (trouble.kind === 'conflict' || trouble.together === undefined) return;
  const { kind, command, acceptanceOf, onto } = trouble;
  const found = {
    taskId: branch.taskId,
    step: kind,
    ...(acceptanceOf === undefined ? {} : { acceptanceOf }),
    command,
    commit: onto,
    ...trouble.together,
  };
  state.semanticConflicts = [...(state.semanticConflicts ?? []), found];
};

const actOnAnswer = async (swarm: Swarm, train: MergeTrain): Promise<MergeTrain> => {
  const answered = (): (typeof train.parked)[number] | undefined =>
    train.parked.find(({ decisionId = '' }) => findOpen(swarm, decisionId)?.answer !== undefined);
  await condition(() => answered() !== undefined);
  const parked = answered() as (typeof train.parked)[number];
  const { branch, decisionId = '' } = parked;
  const answer = findOpen(swarm, decisionId)?.answer;
  if (answer?.action === 'manual' || answer?.action === 'done')
    return byHand(swarm, train, parked, answer.action);
  closeDecision(swarm, decisionId);
  if (answer?.action === 'approve') return approved(train, branch.taskId, answer.feedback);
  leaveOut(swarm, branch.taskId);
  return rejected(train, branch.taskId);
};
