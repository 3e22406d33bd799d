/**
 * The `agentTask` children of a swarm, across its runs.
 *
 * A run sees the end of the children it started itself. When a run continues as new, an agent may still have an
 * hour to go, and waiting for it would hold up the rest. So children outlive their parent's run (close policy
 * ABANDON), and before it ends the run tells each child that is left to report its end by a signal to the swarm's
 * workflow id, which reaches whatever run is there. Nothing is lost: a child that has accepted `reportEnd` cannot
 * end without having seen it (the server refuses to close a workflow that has an unseen signal), and one that no
 * longer accepts it has ended, which the present run sees. Nothing runs twice: who runs is carried along, and
 * workflow ids are unique. Reports by signal for all children would cost four events more for each task.
 *
 * The price of ABANDON: whoever terminates a swarm in Temporal, instead of cancelling it, leaves its agents
 * running until they end.
 */
import {
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  sleep,
  startChild,
  TemporalFailure,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { hostTaskQueue } from '../../domain/names.ts';
import {
  INTERNAL_SIGNALS,
  WORKFLOWS,
  type AgentTaskInput,
  type AgentTaskOutcome,
  type TaskEnded,
} from '../../domain/protocol.ts';
import type { agentTask } from '../agent-task.ts';
import { releaseAll } from '../swarm/claims.ts';
import { beside, causeOf } from '../failures.ts';
import { withdrawQuestions } from '../swarm/questions.ts';
import type { Child, Swarm } from '../swarm/state.ts';

/** Short tasks end in this time; only what takes longer is handed over to the next run. */
const DRAIN_SECONDS = 5;
const PROBE_MINUTES = 15;
/** A child that has reported its end closes within moments; until then its name is taken. */
const NAME_TAKEN_SECONDS = 1;

export const startChildTask = (
  swarm: Swarm,
  child: Pick<Child, 'workflowId' | 'purpose'>,
  task: Omit<AgentTaskInput, 'onHost'>,
  summary: string,
): void => {
  const input: AgentTaskInput = { ...task, onHost: true };
  const started: Child = {
    ...child,
    taskId: input.taskId,
    ordinal: input.ordinal,
    firstAttempt: input.firstAttempt ?? 1,
    attempt: input.firstAttempt ?? 1,
    standing: 'starting',
    stopping: false,
  };
  swarm.state.children.push(started);
  // Not part of the swarm's own cancellation, which asks each child to stop and waits for it.
  beside(() => CancellationScope.nonCancellable(() => follow(swarm, started, input, summary)));
};

const follow = async (swarm: Swarm, child: Child, input: AgentTaskInput, summary: string): Promise<void> => {
  try {
    const handle = await startNamed(child, input, summary);
    if (handle === undefined) {
      await adopt(swarm, child);
      return;
    }
    child.standing = 'own';
    const task = swarm.state.tasks.get(child.taskId);
    if (task?.state === 'assigned') task.state = 'in_progress';
    const outcome = await handle.result();
    childEnded(swarm, { workflowId: child.workflowId, firstAttempt: child.firstAttempt, outcome });
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error;
    childEnded(swarm, {
      workflowId: child.workflowId,
      firstAttempt: child.firstAttempt,
      outcome: vanished(child, `Its workflow failed: ${causeOf(error)}`),
    });
  }
};

/** @returns nothing when it is running already */
const startNamed = async (
  child: Child,
  input: AgentTaskInput,
  summary: string,
): Promise<ChildWorkflowHandle<typeof agentTask> | undefined> => {
  for (;;) {
    try {
      return await startChild<typeof agentTask>(WORKFLOWS.agentTask, {
        workflowId: child.workflowId,
        args: [input],
        // All that it does is done there.
        taskQueue: hostTaskQueue(input.host),
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: summary,
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      // On a first attempt the name can only be taken by the very task; later on, by the one that just reported.
      if (child.firstAttempt === 1) return undefined;
      await sleep(NAME_TAKEN_SECONDS * 1000);
    }
  }
};

const vanished = (child: Child, note: string): AgentTaskOutcome => ({
  state: child.stopping ? 'cancelled' : 'failed',
  attempts: 0,
  note,
});

/** The end of a child, seen or reported. Told twice, it counts once. */
export const childEnded = (swarm: Swarm, { workflowId, firstAttempt, outcome }: TaskEnded): void => {
  const { state } = swarm;
  const child = state.children.find(
    (one) => one.workflowId === workflowId && one.firstAttempt === firstAttempt,
  );
  if (child === undefined) return;
  state.children = state.children.filter((one) => one !== child);
  releaseAll(state, child.ordinal);
  withdrawQuestions(swarm, child.ordinal);
  state.ended.push({ workflowId, firstAttempt, outcome, taskId: child.taskId, purpose: child.purpose });
  swarm.news = true;
};

/** From now on the child reports its end by a signal; one that has ended without a report is given up. */
const adopt = async (swarm: Swarm, child: Child): Promise<void> => {
  try {
    await getExternalWorkflowHandle(child.workflowId).signal(INTERNAL_SIGNALS.reportEnd);
    child.standing = 'adopted';
    swarm.news = true;
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error;
    if (child.standing === 'own') return;
    childEnded(swarm, {
      workflowId: child.workflowId,
      firstAttempt: child.firstAttempt,
      outcome: vanished(child, 'Its workflow ended without a result, perhaps terminated by hand'),
    });
  }
};

/** Before a run ends: lets short tasks end and hands the others over. Afterwards no child is unaccounted for. */
export const handOverChildren = (swarm: Swarm): Promise<void> =>
  CancellationScope.nonCancellable(async () => {
    const { state } = swarm;
    await condition(() => state.children.every((child) => child.standing !== 'starting'));
    await condition(
      () => state.children.every((child) => child.standing === 'adopted'),
      DRAIN_SECONDS * 1000,
    );
    await Promise.all(
      state.children.filter((child) => child.standing === 'own').map((child) => adopt(swarm, child)),
    );
    // Those that no longer took the signal have ended; this run is about to see it.
    await condition(() => state.children.every((child) => child.standing === 'adopted'));
  });

/** Finds adopted children that were terminated by hand and will never report. */
export const probeAdopted = async (swarm: Swarm): Promise<void> => {
  while (swarm.state.children.some((child) => child.standing === 'adopted')) {
    await sleep(PROBE_MINUTES * 60_000);
    await Promise.all(
      swarm.state.children
        .filter((child) => child.standing === 'adopted')
        .map((child) => adopt(swarm, child)),
    );
  }
};

export const childOfTask = (swarm: Swarm, taskId: string): Child | undefined =>
  swarm.state.children.find((child) => child.taskId === taskId);

/** The server drops what a run asks of other workflows in its last moment: no run ends before `ask` has. */
export const confirmed = async (swarm: Swarm, ask: () => Promise<void>): Promise<void> => {
  swarm.underWay += 1;
  try {
    await ask();
  } finally {
    swarm.underWay -= 1;
  }
};

/** Asks a child to stop; its end comes as any other. */
export const stopChild = async (swarm: Swarm, child: Child): Promise<void> => {
  if (child.stopping) return;
  child.stopping = true;
  await confirmed(swarm, () => cancelChild(swarm, child));
};

const cancelChild = async (swarm: Swarm, child: Child): Promise<void> => {
  await condition(() => child.standing !== 'starting' || !swarm.state.children.includes(child));
  try {
    await getExternalWorkflowHandle(child.workflowId).cancel();
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error;
  }
  // A request to cancel reaches nobody without an error, if the workflow was terminated by hand; a signal does not.
  if (child.standing === 'adopted') await adopt(swarm, child);
};

export const signalChild = async (child: Child, signal: string, payload: unknown): Promise<void> => {
  try {
    await getExternalWorkflowHandle(child.workflowId).signal(signal, payload);
  } catch (error) {
    // It has ended; the message has come too late.
    if (!(error instanceof TemporalFailure)) throw error;
  }
};
