/** What differs between two versions of a plan, task by task and field by field. */
import { useState } from 'react';
import { planChanges } from '../../../../domain/plan/diff.ts';
import type { PlanChange, PlanVersion, Task } from '../../../../domain/plan/plan.ts';
import { usePlan } from '../../../data/queries.ts';
import { Badge } from '../../../parts/badge.tsx';
import { Card } from '../../../parts/card.tsx';
import { Loading } from '../../../parts/states.tsx';
import type { Look } from '../../../parts/tones.ts';

const LOOKS: Readonly<Record<PlanChange['kind'], Look>> = {
  added: { tone: 'good', icon: 'plus', label: 'added' },
  removed: { tone: 'bad', icon: 'trash', label: 'removed' },
  changed: { tone: 'busy', icon: 'edit', label: 'changed' },
};

const SHOWN = 60;

const told = (value: Task[keyof Task]): string =>
  value === undefined ? '–' : Array.isArray(value) ? value.join(', ') || '–' : String(value);

const Changed = ({
  change,
  before,
  after,
}: {
  readonly change: PlanChange;
  readonly before: Task | undefined;
  readonly after: Task | undefined;
}) => (
  <li className="stack tight">
    <div className="row tight">
      <Badge look={LOOKS[change.kind]} />
      <span className="mono">{change.taskId}</span>
    </div>
    {change.kind === 'changed' ? (
      change.fields?.map((field) => (
        <div key={field} className="small wrap">
          <span className="muted">{field}: </span>
          <del>{told(before?.[field]).slice(0, 400)}</del> <ins>{told(after?.[field]).slice(0, 400)}</ins>
        </div>
      ))
    ) : (
      <div className="small wrap">{(after ?? before)?.title}</div>
    )}
  </li>
);

export const PlanCompare = ({
  swarmId,
  versions,
  chosen,
}: {
  readonly swarmId: string;
  readonly versions: readonly PlanVersion[];
  readonly chosen: number;
}) => {
  const others = versions.filter((one) => one.version !== chosen);
  const usual = others.findLast((one) => one.version < chosen) ?? others[0];
  const [wish, setWish] = useState<number>();
  const against = others.find((one) => one.version === wish)?.version ?? usual?.version;
  const before = usePlan(swarmId, against).data;
  const after = usePlan(swarmId, chosen).data;
  const changes =
    before === undefined || after === undefined ? undefined : planChanges(before.tasks, after.tasks);
  const find = (tasks: readonly Task[] | undefined, id: string) => tasks?.find((task) => task.id === id);
  return (
    <Card
      title={`Version ${chosen} against`}
      aside={
        <select
          className="input narrow"
          aria-label="Version to compare with"
          value={against}
          onChange={(event) => setWish(Number(event.target.value))}
        >
          {others.map(({ version }) => (
            <option key={version} value={version}>
              version {version}
            </option>
          ))}
        </select>
      }
    >
      {changes === undefined ? (
        <Loading />
      ) : changes.length === 0 ? (
        <p className="muted">The tasks are the same.</p>
      ) : (
        <ul className="stack changes">
          {changes.slice(0, SHOWN).map((change) => (
            <Changed
              key={change.taskId}
              change={change}
              before={find(before?.tasks, change.taskId)}
              after={find(after?.tasks, change.taskId)}
            />
          ))}
          {changes.length > SHOWN && <li className="muted small">and {changes.length - SHOWN} more</li>}
        </ul>
      )}
    </Card>
  );
};
