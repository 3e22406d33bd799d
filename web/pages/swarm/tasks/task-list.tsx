/** Tasks as rows, filtered by state and text; what needs a look first. */
import { useDeferredValue, useState } from 'react';
import { TASK_STATES, type TaskState, type TaskView } from '../../../../domain/swarm/swarm.ts';
import { TaskBadge } from '../../../parts/badge.tsx';
import { Card } from '../../../parts/card.tsx';
import { cost, plural } from '../../../parts/format.ts';
import { Empty } from '../../../parts/states.tsx';
import { Elapsed } from '../../../parts/time.tsx';
import { TASK_LOOKS } from '../../../parts/tones.ts';

const ORDER: readonly TaskState[] = [
  'failed',
  'timeout',
  'in_progress',
  'assigned',
  'pending',
  'skipped',
  'cancelled',
  'completed',
];
const ROWS = 200;

export const TaskList = ({
  tasks,
  selected,
  open,
}: {
  readonly tasks: readonly TaskView[];
  readonly selected: string | undefined;
  readonly open: (taskId: string) => void;
}) => {
  const [text, setText] = useState('');
  const [state, setState] = useState<TaskState | ''>('');
  const [rows, setRows] = useState(ROWS);
  const wanted = useDeferredValue(text.toLowerCase());
  const found = tasks
    .filter(
      (task) =>
        (state === '' || task.state === state) &&
        `${task.id} ${task.title} ${task.note}`.toLowerCase().includes(wanted),
    )
    .sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  return (
    <Card
      title={plural(found.length, 'task')}
      aside={
        <span className="row tight">
          <input
            type="search"
            className="input search"
            aria-label="Search tasks"
            placeholder="Search"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <select
            className="input narrow"
            aria-label="State"
            value={state}
            onChange={(event) => setState(TASK_STATES.find((one) => one === event.target.value) ?? '')}
          >
            <option value="">all states</option>
            {TASK_STATES.map((name) => (
              <option key={name} value={name}>
                {TASK_LOOKS[name].label}
              </option>
            ))}
          </select>
        </span>
      }
      flush
    >
      {found.length === 0 ? (
        <Empty title="No task is like this" icon="search" />
      ) : (
        <table className="top">
          <thead>
            <tr>
              <th scope="col">Task</th>
              <th scope="col">State</th>
              <th scope="col" className="wide">
                Note
              </th>
              <th scope="col" className="number wide">
                Tries
              </th>
              <th scope="col" className="number">
                Took
              </th>
              <th scope="col" className="number wide">
                Cost
              </th>
            </tr>
          </thead>
          <tbody>
            {found.slice(0, rows).map((task) => (
              <tr key={task.id} className={task.id === selected ? 'chosen' : undefined}>
                <td>
                  <button type="button" className="link" onClick={() => open(task.id)}>
                    {task.title}
                  </button>
                  <div className="small muted mono">{task.id}</div>
                </td>
                <td>
                  <TaskBadge state={task.state} />
                </td>
                <td className="wide small wrap">{task.note.slice(0, 160)}</td>
                <td className="number wide">{task.attempts}</td>
                <td className="number">
                  {task.startedAt === undefined ? '–' : <Elapsed from={task.startedAt} to={task.endedAt} />}
                </td>
                <td className="number wide">{cost(task.usage)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {found.length > rows && (
        <div className="card-body">
          <button type="button" className="button" onClick={() => setRows(rows + ROWS)}>
            Show more
          </button>
        </div>
      )}
    </Card>
  );
};
