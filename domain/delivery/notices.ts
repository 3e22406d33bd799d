/** What webhooks are told of a swarm, and in which words. Pure. */
import type { SwarmEvent } from '../swarm/events.ts';
import { dollarText, toMicros } from '../models/money.ts';
import type { Decision } from '../swarm/swarm.ts';
import { clip, plainLine } from '../text.ts';
import type { Webhook, WebhookEvent } from './webhooks.ts';

/** What one webhook is told, before it is put into its format. */
export interface Notice {
  readonly event: WebhookEvent;
  /** `decision.needed`, `swarm.ended`, `budget.warning` */
  readonly type: string;
  /** ISO 8601 */
  readonly at: string;
  /** For people. */
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface NoticedSwarm {
  readonly swarmId: string;
  readonly goal: string;
  readonly repository: string;
}

const GOAL_LENGTH = 300;
const QUESTION_LENGTH = 1_000;

const money = (dollars: unknown): string => dollarText(toMicros(Number(dollars)));

const goalOf = ({ goal }: NoticedSwarm): string => clip(plainLine(goal), GOAL_LENGTH);

const decisionNotice = (swarm: NoticedSwarm, { at }: SwarmEvent, decision: Decision): Notice => ({
  event: 'decision',
  type: 'decision.needed',
  at,
  text: [
    `${swarm.swarmId} waits for a decision (${decision.kind}): ${clip(plainLine(decision.question), QUESTION_LENGTH)}`,
    `Goal: ${goalOf(swarm)}`,
    decision.kind === 'plan'
      ? `drover approve ${swarm.swarmId}`
      : `drover decide ${swarm.swarmId} ${decision.id} approve`,
  ].join('\n'),
  data: {
    swarmId: swarm.swarmId,
    goal: goalOf(swarm),
    repository: swarm.repository,
    decision: {
      id: decision.id,
      kind: decision.kind,
      question: clip(decision.question, QUESTION_LENGTH),
      approveMeans: decision.approveMeans,
      rejectMeans: decision.rejectMeans,
      taskIds: decision.taskIds.slice(0, 100),
      openedAt: decision.openedAt,
    },
  },
});

const endNotice = (swarm: NoticedSwarm, { at, data }: SwarmEvent): Notice => {
  const { phase, branch, landed, reason } = data;
  const result = typeof branch === 'string' ? ` on ${branch}, tasks landed: ${String(landed)}` : '';
  return {
    event: 'ended',
    type: 'swarm.ended',
    at,
    text: [
      `${swarm.swarmId} ${String(phase)}${result}`,
      `Goal: ${goalOf(swarm)}`,
      ...(typeof reason === 'string' ? [clip(plainLine(reason), QUESTION_LENGTH)] : []),
    ].join('\n'),
    data: { swarmId: swarm.swarmId, goal: goalOf(swarm), repository: swarm.repository, ...data },
  };
};

const budgetNotice = (swarm: NoticedSwarm, { at, data }: SwarmEvent): Notice => ({
  event: 'budget',
  type: 'budget.warning',
  at,
  text: `${swarm.swarmId} has spent ${money(data['spentUsd'])} of its ${money(data['limitUsd'])}\nGoal: ${goalOf(swarm)}`,
  data: { swarmId: swarm.swarmId, goal: goalOf(swarm), repository: swarm.repository, ...data },
});

/**
 * @param decisions those of the swarm; a question that is answered already is none any more
 * @returns undefined for events that nobody is told of
 */
export const noticeOf = (
  swarm: NoticedSwarm,
  event: SwarmEvent,
  decisions: readonly Decision[],
): Notice | undefined => {
  switch (event.type) {
    case 'decision_required': {
      const decision = decisions.find(({ id }) => id === event.data['id']);
      return decision === undefined || decision.answer !== undefined
        ? undefined
        : decisionNotice(swarm, event, decision);
    }
    case 'project_completed':
      return endNotice(swarm, event);
    case 'budget_warning':
      return budgetNotice(swarm, event);
    default:
      return undefined;
  }
};

/** To show that a webhook works. */
export const testNotice = (at: string): Notice => ({
  event: 'ended',
  type: 'test',
  at,
  text: 'A test message of Drover: this webhook works.',
  data: { message: 'This webhook works.' },
});

/** Of Slack's own markup, these three would be taken for links and mentions. */
const slackText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** What is sent: the Standard Webhooks envelope, or what Slack, Mattermost and others take. */
export const webhookBody = ({ format }: Pick<Webhook, 'format'>, notice: Notice): string =>
  JSON.stringify(
    format === 'slack'
      ? { text: slackText(notice.text) }
      : { type: notice.type, timestamp: notice.at, data: notice.data },
  );
