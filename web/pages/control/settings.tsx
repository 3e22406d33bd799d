/** What Drover was started with. It is changed where it is started: in its environment and in `drover.yml`. */
import { useServiceSettings } from '../../data/queries.ts';
import { Card, Facts } from '../../parts/card.tsx';
import { plural } from '../../parts/format.ts';
import { Loaded } from '../../parts/states.tsx';

const STORES: Readonly<Record<string, string>> = { sqlite: 'SQLite in the home', postgres: 'PostgreSQL' };

export const Settings = () => (
  <Card title="Settings">
    <Loaded query={useServiceSettings()}>
      {({ home, url, temporal, store, hasModelKey, executors, retentionDays }) => (
        <div className="stack">
          <Facts
            values={[
              { name: 'Home', value: <span className="mono">{home}</span> },
              { name: 'API', value: <span className="mono">{url}</span> },
              {
                name: 'Temporal',
                value: (
                  <>
                    <span className="mono">{temporal.address}</span>, namespace {temporal.namespace}
                  </>
                ),
              },
              { name: 'Store', value: STORES[store] ?? store },
              { name: 'Ended swarms', value: `kept for ${plural(retentionDays, 'day')}` },
              { name: 'Model key', value: hasModelKey ? 'there' : 'none: agents use their own logins' },
              { name: 'Executors', value: executors.join(', ') },
            ]}
          />
          <p className="small muted">
            These are set where Drover is started; what swarms work by is in each repository&rsquo;s{' '}
            <code>drover.yml</code>.
          </p>
        </div>
      )}
    </Loaded>
  </Card>
);
