/** Acts on the signals in a swarm's inbox, one after the other, in every phase. */
import { CancellationScope, condition } from '@temporalio/workflow';
import { SIGNALS, type NextAttempt } from '../../domain/protocol.ts';
import { clip } from '../../domain/text.ts';
import { noteBudget } from './budget-gate.ts';
import { childOfTask, confirmed, signalChild, stopChild } from '../tasks/children.ts';
import { beside } from '../failures.ts';
import { answerDecision, answerProblem, findOpen } from './gates.ts';
import { newestVersion, warn, type Child, type Message, type Swarm } from './state.ts';
import { toTeam } from '../team/messages.ts';
import { cancelPendingTask, discardTask, reopenTask } from '../tasks/changes.ts';
import { showProgress } from './web-ui.ts';

const FEEDBACK_LENGTH = 20_000;
const REASON_LENGTH = 500;
const MAX_PARALLELISM = 1_000;

export const actOnMessages = (swarm: Swarm): Promise<void> =>
  CancellationScope.nonCancellable(async () => {
    for (;;) {
      const { inbox } = swarm.state;
      const next = (): number => inbox.findIndex((message) => !swarm.loading || needsNoTasks(message));
      await condition(() => next() >= 0);
      const [message] = inbox.splice(next(), 1);
      if (message === undefined) continue;
      act(swarm, message);
      swarm.news = true;
      showProgress(swarm);
    }
  });

/** May be acted on before the tasks are known: the first moments of a run that continues an earlier one. */
const needsNoTasks = ({ kind }: Message): boolean =>
  kind === 'resolveDecision' || kind === 'pause' || kind === 'resume';

const act = (swarm: Swarm, message: Message): void => {
  const { state } = swarm;
  switch (message.kind) {
    case 'approvePlan':
    case 'rejectPlan':
      return answerPlan(swarm, message);
    case 'resolveDecision': {
      const { id, action, feedback, choice } = message;
      const problem = answerProblem(findOpen(swarm, id), action);
      if (problem !== undefined) return warn(state, `An answer was ignored: ${problem}.`);
      if (choice !== undefined && findOpen(swarm, id)?.choices?.includes(choice) !== true)
        return warn(state, `An answer to decision ${short(id)} was ignored: it has no such choice.`);
      return answerDecision(swarm, id, {
        action,
        by: 'person',
        ...feedbackOf(feedback),
        ...(choice === undefined ? {} : { choice }),
      });
    }
    case 'pick':
      return pickAnswer(swarm, message);
    case 'pause':
      state.paused = true;
      return;
    case 'resume':
      state.paused = false;
      return;
    case 'setParallelism': {
      const wanted = message.parallelism;
      if (Number.isSafeInteger(wanted) && wanted >= 1 && wanted <= MAX_PARALLELISM)
        state.parallelism = wanted;
      else warn(state, `A parallelism was ignored: it is not a whole number from 1 to ${MAX_PARALLELISM}.`);
      return;
    }
    case 'cancelTask': {
      const child = childOfTask(swarm, message.taskId);
      if (child !== undefined) beside(() => stopChild(swarm, child));
      else cancelPendingTask(swarm, message.taskId);
      return;
    }
    case 'retryTask':
      return reopenTask(swarm, message.taskId);
    case 'discardTask':
      return discardTask(swarm, message.taskId);
    case 'killAgent':
      return forward(swarm, message.agentId, SIGNALS.killAgent, {
        agentId: message.agentId,
        ...(message.reason === undefined ? {} : { reason: text(message.reason, REASON_LENGTH) }),
      });
    case 'messageAgent':
      if (toTeam(swarm, text(message.agentId, 100), text(message.text, FEEDBACK_LENGTH))) return;
      return forward(swarm, message.agentId, SIGNALS.messageAgent, {
        agentId: message.agentId,
        text: text(message.text, FEEDBACK_LENGTH),
      });
    case 'budget':
      return noteBudget(swarm, message.notice);
    case 'nextAttempt': {
      const child = state.children.find((one) => one.workflowId === message.workflowId);
      if (child !== undefined && Number.isSafeInteger(message.attempt)) noteAttempt(swarm, child, message);
    }
  }
};

/** Signals come from people; a field may hold anything. */
const text = (value: unknown, max: number): string => (typeof value === 'string' ? clip(value, max) : '');

/** What people call a thing may be anything. */
const short = (name: unknown): string => text(name, 60) || '?';

const feedbackOf = (feedback: unknown): { feedback?: string } =>
  typeof feedback === 'string' && feedback !== '' ? { feedback: clip(feedback, FEEDBACK_LENGTH) } : {};

const answerPlan = (
  swarm: Swarm,
  message: Extract<Message, { kind: 'approvePlan' | 'rejectPlan' }>,
): void => {
  const { state } = swarm;
  const newest = newestVersion(state)?.version;
  const open = state.openDecisions.find((decision) => decision.kind === 'plan');
  if (open === undefined) return warn(state, 'An answer to the plan was ignored: no plan awaits approval.');
  if (message.kind === 'rejectPlan')
    return answerDecision(swarm, open.id, {
      action: 'reject',
      by: 'person',
      ...feedbackOf(message.feedback),
    });
  if (message.version !== undefined && message.version !== newest)
    return warn(
      state,
      `Approval of version ${message.version} was ignored: the newest is ${newest ?? 'not there yet'}.`,
    );
  answerDecision(swarm, open.id, { action: 'approve', by: 'person' });
};

const pickAnswer = (swarm: Swarm, { agent, feedback }: Extract<Message, { kind: 'pick' }>): void => {
  const { state } = swarm;
  const open = state.openDecisions.find((decision) => decision.kind === 'pick');
  if (open === undefined) return warn(state, 'A pick was ignored: no answers wait to be picked from.');
  if (open.choices?.includes(agent) !== true)
    return warn(state, `A pick was ignored: ${short(agent)} is not among ${open.choices?.join(', ') ?? ''}.`);
  answerDecision(swarm, open.id, {
    action: 'approve',
    by: 'person',
    choice: agent,
    ...feedbackOf(feedback),
  });
};

const AGENT = /^agent-(\d+)(?:\.\d+)?$/;

const forward = (swarm: Swarm, agent: string, signal: string, payload: unknown): void => {
  const ordinal = AGENT.exec(text(agent, 100))?.[1];
  const child = swarm.state.children.find((one) => `${one.ordinal}` === ordinal);
  if (child === undefined) return;
  swarm.forwarded = swarm.forwarded.then(() => signalChild(child, signal, payload));
  beside(() => confirmed(swarm, () => swarm.forwarded));
};

const noteAttempt = (swarm: Swarm, child: Child, { attempt, waiting }: NextAttempt): void => {
  child.attempt = attempt;
  const task = swarm.state.tasks.get(child.taskId);
  if (task !== undefined && child.purpose === 'task') {
    task.attempts = attempt;
    if (waiting !== undefined) task.note = text(waiting, REASON_LENGTH);
  }
};
