/** Which channel tells what, under the names that other dashboards know. Pure. */
import type { EventType, SwarmEvent } from '../../domain/swarm/events.ts';
import type { Written } from './agent-tail.ts';

export const CHANNELS = ['status', 'logs', 'teams', 'gm'] as const;
export type Channel = (typeof CHANNELS)[number];

export interface ChannelMessage {
  readonly channel: Channel;
  readonly event: string;
  readonly data: object;
}

const GM: ReadonlySet<EventType> = new Set<EventType>([
  'project_started',
  'phase_change',
  'merge_started',
  'merge_conflict',
  'decision_required',
  'decision_resolved',
  'project_completed',
]);

export const messagesOf = (event: SwarmEvent): readonly ChannelMessage[] => {
  const { swarmId, sequence, at, type, data } = event;
  const body = { swarmId, sequence, at, ...data };
  const messages: ChannelMessage[] = [];
  if (GM.has(type)) messages.push({ channel: 'gm', event: type, data: body });
  if (type === 'task_started' || type === 'task_attempt') {
    messages.push({ channel: 'status', event: 'new_execution', data: body });
    messages.push({ channel: 'teams', event: 'new_team_session', data: body });
  }
  if (type === 'task_ended') {
    messages.push({ channel: 'status', event: 'execution_ended', data: body });
    const failures = data['failures'];
    if (Array.isArray(failures) && failures.includes('resources_exhausted'))
      messages.push({ channel: 'teams', event: 'resource_error', data: body });
  }
  return messages;
};

const levelOf = ({ kind }: Written['event']): 'info' | 'warning' | 'error' =>
  kind === 'error' ? 'error' : kind === 'notice' || kind === 'waiting' ? 'warning' : 'info';

const wordsOf = (event: Written['event']): string => {
  switch (event.kind) {
    case 'phase':
      return event.phase;
    case 'tool_call':
      return `${event.tool} ${event.input}`;
    case 'usage':
      return `${event.usage.inputTokens + event.usage.outputTokens} tokens`;
    case 'waiting':
      return `${event.reason} (${event.seconds} s)`;
    case 'session':
      return `session ${event.id}`;
    case 'progress':
      return event.percent === undefined ? event.note : `${event.percent} % ${event.note}`;
    default:
      return event.text;
  }
};

/** Every line is a log entry; what tells how far an agent is, is its progress too. */
export const messagesOfLog = ({ swarmId, agentId, event }: Written): readonly ChannelMessage[] => [
  {
    channel: 'logs',
    event: 'log',
    data: {
      timestamp: event.at,
      level: levelOf(event),
      message: wordsOf(event),
      swarmId,
      agentId,
      kind: event.kind,
    },
  },
  ...(event.kind === 'phase' || event.kind === 'progress'
    ? [{ channel: 'teams', event: 'team_progress', data: { swarmId, agentId, ...event } } as const]
    : []),
];
