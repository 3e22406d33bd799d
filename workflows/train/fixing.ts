/** A fixing agent: an `agentTask` of its own that gets the conflict or the failing output to work on. */
import { condition } from '@temporalio/workflow';
import type { AttemptNote, FixRequest } from '../../domain/agents/agent.ts';
import type { MergeTrain, TrainStep } from '../../domain/train/train.ts';
import { budgetLeft, fixed, notFixed } from '../../domain/train/gates.ts';
import { agentId, fixWorkflowId } from '../../domain/names.ts';
import type { FixUsage } from '../../domain/train/state.ts';
import { tokensOf, type Usage } from '../../domain/models/usage.ts';
import { withAdvice } from '../agent-task/advice.ts';
import { startChildTask } from '../tasks/children.ts';
import { hostOf } from '../swarm/opening.ts';
import { newestVersion, type Swarm } from '../swarm/state.ts';
import { takeEnds } from '../tasks/ends.ts';
import { title } from '../tasks/changes.ts';
import { showProgress } from '../swarm/web-ui.ts';

/** Waits for the agent. A pause holds it back like any other. */
export const repairBranch = async (
  swarm: Swarm,
  train: MergeTrain,
  { taskId, request }: Extract<TrainStep, { kind: 'fix' }>,
): Promise<MergeTrain> => {
  const { input, state } = swarm;
  await condition(() => !state.paused);
  const workflowId = fixWorkflowId(input.swarmId, state.nextFix++);
  startChildTask(
    swarm,
    { workflowId, purpose: 'fix' },
    {
      swarmId: input.swarmId,
      taskId,
      // Agents are named by their ordinal; a fixing agent's comes after those of all tasks.
      ordinal: state.nextOrdinal++,
      host: hostOf(swarm),
      planKey: newestVersion(state)?.key ?? '',
      settingsKey: input.settingsKey,
      baseCommit: request.onto,
      previous: advice(swarm, train, taskId),
      fix: { ...request, ...budgetOf(swarm, train) },
    },
    `${request.kind === 'conflict' ? 'resolve the conflict of' : `fix the ${request.kind} with`} ${title(swarm, taskId)}`,
  );
  showProgress(swarm);
  const end = () => state.ended.find((one) => one.workflowId === workflowId);
  await condition(() => end() !== undefined);
  const outcome = end()?.outcome;
  takeEnds(swarm);
  const used = usedBy(outcome?.usage);
  if (outcome?.state !== 'completed') return notFixed(train, outcome?.note ?? '', used);
  return outcome.commit === undefined
    ? notFixed(train, 'it changed nothing', used)
    : fixed(train, outcome.commit, used);
};

/** What the agents before it at this gate have left. */
const budgetOf = ({ state }: Swarm, { repair }: MergeTrain): Pick<FixRequest, 'budget'> => {
  const { fixBudget } = state.rules ?? {};
  return fixBudget === undefined ? {} : { budget: budgetLeft(fixBudget, repair?.used) };
};

const usedBy = (usage: Usage | undefined): FixUsage | undefined =>
  usage === undefined ? undefined : { tokens: tokensOf(usage), costUsd: usage.costUsd };

/** What the last fixing agent came to, and what the person who approved the fix had to say. */
const advice = (swarm: Swarm, train: MergeTrain, taskId: string): readonly AttemptNote[] => {
  const { note = '', feedback } = train.repair ?? {};
  const reason = withAdvice(note, feedback);
  const task = swarm.state.tasks.get(taskId);
  return reason === '' || task === undefined
    ? []
    : [{ agentId: agentId(task.ordinal, Math.max(1, task.attempts)), outcome: 'failed', reason }];
};
