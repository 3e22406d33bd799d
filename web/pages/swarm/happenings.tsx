/** What happened in a swarm, newest first. */
import type { SwarmEvent } from '../../../domain/swarm/events.ts';
import { useEvents } from '../../data/queries.ts';
import { Card } from '../../parts/card.tsx';
import { sentence, words } from '../../parts/format.ts';
import { Empty, Loaded } from '../../parts/states.tsx';
import { At } from '../../parts/time.tsx';

const SHOWN = 60;

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

const detailsOf = ({ data }: SwarmEvent): string =>
  TELLING.flatMap((name) => {
    const value = data[name];
    return typeof value === 'string' || typeof value === 'number' ? [String(value).replaceAll('_', ' ')] : [];
  }).join(' · ');

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
