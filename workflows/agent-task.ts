/**
 * One task: attempts, one agent each, until one is accepted or none is left. Never fails: how it ended is its
 * result, also when it was cancelled, so that the swarm learns what was used and what went wrong.
 */
import {
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  setCurrentDetails,
  sleep,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { AttemptNote } from '../domain/agents/agent.ts';
import { agentId } from '../domain/names.ts';
import { INTERNAL_SIGNALS, type AgentTaskInput, type AgentTaskOutcome } from '../domain/protocol.ts';
import type { AttemptView } from '../domain/swarm/swarm.ts';
import { clip } from '../domain/text.ts';
import { addUsage, isNothing, NO_USAGE, tokensOf } from '../domain/models/usage.ts';
import { runAttempt, type Attempt } from './agent-task/attempt.ts';
import { handleAgentTask, type AgentTask } from './agent-task/handlers.ts';
import { beside } from './failures.ts';
import { messages } from './proxies.ts';

const NOTE_LENGTH = 500;
const REASON_LENGTH = 1_000;
/** An agent that is lost this often in a row has a host that loses them all. */
const MAX_LOST = 20;
/** Failures that the swarm is told of. */
const MAX_FAILURES = 3;
const PAUSE_AFTER_LOSS_SECONDS = 5;

export async function agentTask(input: AgentTaskInput): Promise<AgentTaskOutcome> {
  const task: AgentTask = {
    input,
    attempts: [],
    mailbox: [],
    reportEnd: false,
    swarmWorkflow: workflowInfo().parent?.workflowId ?? input.swarmId,
  };
  handleAgentTask(task);
  beside(() => deliverMessages(task));
  const outcome = await runAttempts(task);
  if (task.reportEnd) await reportEnd(task, outcome);
  return outcome;
}

const runAttempts = async (task: AgentTask): Promise<AgentTaskOutcome> => {
  const { input } = task;
  const firstAttempt = firstOf(input);
  const previous: AttemptNote[] = [...(input.previous ?? [])];
  let failures = 0;
  let lost = 0;
  for (let number = firstAttempt; ; number++) {
    if (number > firstAttempt) tellNextAttempt(task, number);
    showAttempt(task, number);
    const attempt = await runAttempt(task, number, previous, (reason) => tellWaiting(task, number, reason));
    const reason = clip(attempt.reason, REASON_LENGTH);
    const agent = agentId(input.ordinal, number);
    task.attempts.push({
      agentId: agent,
      outcome: attempt.outcome,
      reason: attempt.outcome === 'completed' ? '' : reason,
      usage: attempt.usage,
    });
    if (attempt.outcome === 'completed' || attempt.outcome === 'cancelled') return ended(task, attempt);
    previous.push({ agentId: agent, outcome: attempt.outcome, reason });
    if (attempt.outcome === 'lost') lost++;
    else {
      lost = 0;
      failures++;
    }
    if (attempt.final || failures > attempt.retries || lost >= MAX_LOST || isUsedUp(task))
      return ended(task, attempt);
    if (lost > 0 && !(await pausedAfterLoss(lost)))
      return ended(task, { ...attempt, outcome: 'cancelled', reason: 'cancelled' });
  }
};

/** Has a fixing agent nothing left of what its attempts may use together? */
const isUsedUp = ({ input, attempts }: AgentTask): boolean => {
  const { tokens = Infinity, costUsd = Infinity } = input.fix?.budget ?? {};
  const used = attempts.reduce((sum, one) => addUsage(sum, one.usage), NO_USAGE);
  return tokensOf(used) >= tokens || used.costUsd >= costUsd;
};

/** @returns whether to go on */
const pausedAfterLoss = async (lost: number): Promise<boolean> => {
  try {
    await sleep(PAUSE_AFTER_LOSS_SECONDS * lost * 1000);
    return true;
  } catch (error) {
    if (isCancellation(error)) return false;
    throw error;
  }
};

const firstOf = (input: AgentTaskInput): number => input.firstAttempt ?? 1;

const STATE_BY_OUTCOME = { completed: 'completed', cancelled: 'cancelled', timeout: 'timeout' } as const;

const ended = (task: AgentTask, attempt: Attempt): AgentTaskOutcome => {
  const state =
    attempt.outcome in STATE_BY_OUTCOME
      ? STATE_BY_OUTCOME[attempt.outcome as keyof typeof STATE_BY_OUTCOME]
      : 'failed';
  const usage = task.attempts.reduce((sum, one) => addUsage(sum, one.usage), NO_USAGE);
  return {
    state,
    ...(attempt.commit === undefined ? {} : { commit: attempt.commit }),
    ...(attempt.outside === undefined ? {} : { outside: attempt.outside }),
    attempts: task.attempts.length,
    ...(state === 'completed' ? {} : { failures: task.attempts.slice(-MAX_FAILURES).map(noteOf) }),
    note: clip(attempt.reason, NOTE_LENGTH),
    ...(isNothing(usage) ? {} : { usage }),
  };
};

const noteOf = ({ agentId, outcome, reason }: AttemptView): AttemptNote => ({ agentId, outcome, reason });

const tellNextAttempt = (task: AgentTask, attempt: number): void =>
  beside(() => tell(task, INTERNAL_SIGNALS.nextAttempt, { workflowId: workflowInfo().workflowId, attempt }));

/** @param waiting for what; empty once it waits no longer */
const tellWaiting = (task: AgentTask, attempt: number, waiting: string): void => {
  showAttempt(task, attempt, waiting);
  beside(() =>
    tell(task, INTERNAL_SIGNALS.nextAttempt, { workflowId: workflowInfo().workflowId, attempt, waiting }),
  );
};

const reportEnd = (task: AgentTask, outcome: AgentTaskOutcome): Promise<void> =>
  CancellationScope.nonCancellable(() =>
    tell(task, INTERNAL_SIGNALS.taskEnded, {
      workflowId: workflowInfo().workflowId,
      firstAttempt: firstOf(task.input),
      outcome,
    }),
  );

/** A swarm that is gone needs not be told. */
const tell = async (task: AgentTask, signal: string, payload: unknown): Promise<void> => {
  try {
    await getExternalWorkflowHandle(task.swarmWorkflow).signal(signal, payload);
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error;
  }
};

/** Delivers in order; a message for an agent that has ended is dropped. */
const deliverMessages = (task: AgentTask): Promise<void> =>
  CancellationScope.nonCancellable(async () => {
    for (;;) {
      await condition(() => task.mailbox.length > 0 && task.mailbox[0]?.agentId === task.running);
      const message = task.mailbox.shift();
      if (message === undefined) continue;
      try {
        await messages(task.input.host, message.agentId).deliverMessage({
          swarmId: task.input.swarmId,
          agentId: message.agentId,
          text: message.text,
        });
      } catch (error) {
        if (!(error instanceof TemporalFailure)) throw error;
      }
    }
  });

const showAttempt = (task: AgentTask, number: number, waiting = ''): void => {
  const agent = agentId(task.input.ordinal, number);
  const lines = task.attempts.map((one) => `- ${one.agentId}: ${one.outcome}. ${clip(one.reason, 300)}`);
  setCurrentDetails(
    [
      waiting === '' ? `**${agent}** works on \`${task.input.taskId}\`.` : `**${agent}** ${waiting}`,
      ...(lines.length > 0 ? ['', ...lines] : []),
    ].join('\n'),
  );
};
