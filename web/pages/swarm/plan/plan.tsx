/** The plan of a swarm: its versions, what changed between them, an editor, and the answer to it. */
import { Link, useSearchParams } from 'react-router';
import { forecastLines } from '../../../../domain/plan/forecast.ts';
import type { PlanVersion } from '../../../../domain/plan/plan.ts';
import { usePlan, usePlanVersions } from '../../../data/queries.ts';
import { Badge } from '../../../parts/badge.tsx';
import { Card } from '../../../parts/card.tsx';
import { plural } from '../../../parts/format.ts';
import { Empty, Loaded, Notice } from '../../../parts/states.tsx';
import type { Look } from '../../../parts/tones.ts';
import { useSwarmContext } from '../context.ts';
import { PlanAnswer } from './answer.tsx';
import { PlanCompare } from './compare.tsx';
import { PlanEditor } from './editor.tsx';
import './plan.css';

const VERSION_LOOKS: Readonly<Record<PlanVersion['state'], Look>> = {
  proposed: { tone: 'ask', icon: 'question', label: 'proposed' },
  approved: { tone: 'good', icon: 'check', label: 'approved' },
  rejected: { tone: 'bad', icon: 'cross', label: 'rejected' },
  superseded: { tone: 'idle', icon: 'history', label: 'superseded' },
};

const ORIGINS: Readonly<Record<PlanVersion['origin'], string>> = {
  file: 'from a file',
  model: 'by the planner',
  edit: 'edited by a person',
};

const Versions = ({
  versions,
  chosen,
  choose,
}: {
  readonly versions: readonly PlanVersion[];
  readonly chosen: number;
  readonly choose: (version: number) => void;
}) => (
  <Card title="Versions" flush>
    <ul className="versions">
      {versions.toReversed().map((version) => (
        <li key={version.version} className={version.version === chosen ? 'chosen' : undefined}>
          <div className="row tight apart">
            <button
              type="button"
              className="link"
              aria-current={version.version === chosen}
              onClick={() => choose(version.version)}
            >
              Version {version.version}
            </button>
            <Badge look={VERSION_LOOKS[version.state]} />
          </div>
          <span className="small muted">
            {ORIGINS[version.origin]} · {plural(version.taskCount, 'task')}
            {version.changes.length > 0 && ` · ${plural(version.changes.length, 'change')}`}
          </span>
          {version.forecast !== undefined && version.version === chosen && (
            <p className="small muted wrap">{forecastLines(version.forecast).join(' ')}</p>
          )}
          {version.feedback !== undefined && <p className="small wrap quote">{version.feedback}</p>}
        </li>
      ))}
    </ul>
  </Card>
);

export const PlanTab = () => {
  const { id, view, ended } = useSwarmContext();
  const versions = usePlanVersions(id);
  const [search, setSearch] = useSearchParams();
  const newest = versions.data?.at(-1)?.version;
  const chosen = Number(search.get('version') ?? newest ?? 0);
  const plan = usePlan(id, versions.data?.some((one) => one.version === chosen) ? chosen : undefined);
  return (
    <Loaded query={versions} lines={6}>
      {(all) => {
        const version = all.find((one) => one.version === chosen);
        if (version === undefined)
          return (
            <Empty
              title={
                view.phase !== 'planning'
                  ? 'There is no plan'
                  : view.openDecisions > 0
                    ? 'The planner waits for a decision'
                    : 'The planner is at work'
              }
              icon="plan"
            >
              {view.openDecisions > 0 ? (
                <Link to={`/swarms/${id}/decisions`}>Decide</Link>
              ) : (
                'The first version appears here, to be looked at before anything runs.'
              )}
            </Empty>
          );
        const proposed = version.version === newest && view.phase === 'awaiting_approval';
        return (
          <div className="split">
            <div className="stack">
              {version.version !== newest && (
                <Notice tone="idle">This is an earlier version. The newest is {newest}.</Notice>
              )}
              {version.warnings.length > 0 && (
                <Notice tone={proposed ? 'ask' : 'idle'}>
                  <strong>{proposed ? 'Before you approve' : 'Noticed in this version'}</strong>
                  <ul>
                    {version.warnings.map((warning) => (
                      <li key={warning}>{warning}</li>
                    ))}
                  </ul>
                </Notice>
              )}
              <Loaded query={plan} lines={8}>
                {(content) => (
                  <PlanEditor
                    key={version.version}
                    swarmId={id}
                    plan={content}
                    version={version.version}
                    editable={!ended && version.version === newest && view.phase !== 'planning'}
                    notStarted={proposed}
                  />
                )}
              </Loaded>
            </div>
            <div className="stack">
              {proposed && <PlanAnswer swarmId={id} version={version} />}
              <Versions
                versions={all}
                chosen={chosen}
                choose={(to) => setSearch(to === newest ? {} : { version: String(to) })}
              />
              {all.length > 1 && <PlanCompare swarmId={id} versions={all} chosen={chosen} />}
            </div>
          </div>
        );
      }}
    </Loaded>
  );
};
