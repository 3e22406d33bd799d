/** What happened in a swarm, newest first. */
import type { SwarmEvent } from '../../../domain/swarm/events.ts';
import { useEvents } from '../../data/queries.ts';
import { Card } from '../../parts/card.tsx';
import { sentence, shortSha, words } from '../../parts/format.ts';
import { Empty, Loaded } from '../../parts/states.tsx';
import { At } from '../../parts/time.tsx';

const SHOWN = 60;
const NAMED = 5;

/** What of an event's data is worth a word, in this order. */
const TELLING = [
  'phase',
  'taskId',
  'agentId',
  'state',
  'outcome',
  'kind',
  'id',
  'action',
  'version',
  'parallelism',
];

/** Tasks that it is about, where it is about several. */
const tasksOf = (data: SwarmEvent['data']): readonly string[] => {
  const ids = Array.isArray(data['merged'])
    ? data['merged'].map((one: { readonly taskId?: unknown }) => one.taskId)
    : Array.isArray(data['taskIds'])
      ? data['taskIds']
      : [];
  const names = ids.filter((id: unknown) => typeof id === 'string');
  return names.length === 0
    ? []
    : [
        names.length > NAMED
          ? `${names.slice(0, NAMED).join(', ')} and ${names.length - NAMED} more`
          : names.join(', '),
      ];
};

const answerOf = ({ answer }: SwarmEvent['data']): readonly string[] => {
  if (typeof answer !== 'object' || answer === null || !('action' in answer)) return [];
  return [`${String(answer.action)}${'by' in answer ? ` by ${String(answer.by)}` : ''}`];
};

const verdictOf = ({ ok, commit }: SwarmEvent['data']): readonly string[] =>
  typeof ok === 'boolean'
    ? [ok ? 'green' : 'red', ...(typeof commit === 'string' ? [shortSha(commit)] : [])]
    : [];

const detailsOf = ({ data }: SwarmEvent): string =>
  [
    ...TELLING.flatMap((name) => {
      const value = data[name];
      return typeof value === 'string' || typeof value === 'number'
        ? [String(value).replaceAll('_', ' ')]
        : [];
    }),
    ...verdictOf(data),
    ...answerOf(data),
    ...tasksOf(data),
  ].join(' · ');

export const Happenings = ({ swarmId }: { readonly swarmId: string }) => {
  const events = useEvents(swarmId);
  return (
    <Loaded query={events}>
      {(all) => (
        <Card title="What happened" aside={<span className="count">{all.length}</span>} flush>
          {all.length === 0 ? (
            <Empty title="Nothing yet" icon="history" />
          ) : (
            <ul className="happenings">
              {all
                .slice(-SHOWN)
                .toReversed()
                .map((event) => (
                  <li key={event.sequence}>
                    <span className="small muted">
                      <At at={event.at} short />
                    </span>
                    <span className="small wrap">
                      <strong>{sentence(words(event.type))}</strong> {detailsOf(event)}
                    </span>
                  </li>
                ))}
            </ul>
          )}
        </Card>
      )}
    </Loaded>
  );
};
