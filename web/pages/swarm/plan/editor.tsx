/**
 * The tasks of a plan, and changes to them. Changes are kept here until they are saved as a new version; what is
 * wrong with them is found by the same rules that the swarm itself applies.
 */
import { useMemo, useState } from 'react';
import { useBlocker } from 'react-router';
import { editsBetween } from '../../../../domain/plan/edits-between.ts';
import { applyEdits } from '../../../../domain/plan/edits.ts';
import { planProblems } from '../../../../domain/plan/problems.ts';
import type { Plan, PlanEdit, Task } from '../../../../domain/plan/plan.ts';
import { editPlan } from '../../../data/actions.ts';
import { ActionButton } from '../../../parts/action.tsx';
import { Card } from '../../../parts/card.tsx';
import { plural } from '../../../parts/format.ts';
import { Icon } from '../../../parts/icon.tsx';
import { Notice } from '../../../parts/states.tsx';
import { freeId, newTask } from './new-task.ts';
import { TaskForm } from './task-form.tsx';
import { TaskRow } from './task-row.tsx';

const ROWS = 100;

const Unsaved = ({ dirty }: { readonly dirty: boolean }) => {
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) => dirty && currentLocation.pathname !== nextLocation.pathname,
  );
  if (blocker.state !== 'blocked') return null;
  return (
    <Notice
      tone="ask"
      aside={
        <div className="row tight">
          <button type="button" className="button slim danger" onClick={() => blocker.proceed()}>
            Leave them
          </button>
          <button type="button" className="button slim" onClick={() => blocker.reset()}>
            Stay
          </button>
        </div>
      }
    >
      <strong>Your changes of the plan are not saved.</strong>
    </Notice>
  );
};

export const PlanEditor = ({
  swarmId,
  plan,
  version,
  editable,
  notStarted,
}: {
  readonly swarmId: string;
  readonly plan: Plan;
  readonly version: number;
  readonly editable: boolean;
  /** Nothing of the plan has begun, so that all of it may change. */
  readonly notStarted: boolean;
}) => {
  const [tasks, setTasks] = useState<readonly Task[]>(plan.tasks);
  const [open, setOpen] = useState<string>();
  const [rows, setRows] = useState(ROWS);
  const edits = useMemo(
    () => (tasks === plan.tasks ? [] : editsBetween(plan.tasks, tasks)),
    [plan.tasks, tasks],
  );
  const problems = useMemo(
    () =>
      edits.length === 0
        ? []
        : planProblems({ ...plan, tasks }).filter(({ severity }) => severity === 'error'),
    [edits, plan, tasks],
  );
  const change = (edit: PlanEdit): void => setTasks(applyEdits(tasks, [edit]));
  const dirty = edits.length > 0;

  const add = (): void => {
    const task = newTask(tasks);
    change({ kind: 'add', task });
    setRows(Math.max(rows, tasks.length + 1));
    setOpen(task.id);
  };
  const split = (task: Task): void => {
    const first = {
      ...task,
      id: freeId(tasks, `${task.id.slice(0, 36)}-a`),
      title: `${task.title} (1)`.slice(0, 120),
    };
    const second = {
      ...task,
      id: freeId(tasks, `${task.id.slice(0, 36)}-b`),
      title: `${task.title} (2)`.slice(0, 120),
    };
    change({ kind: 'split', taskId: task.id, into: [first, second] });
    setOpen(first.id);
  };

  return (
    <Card
      title={plural(tasks.length, 'task')}
      aside={
        editable && (
          <button type="button" className="button slim" onClick={add}>
            <Icon name="plus" />
            Add a task
          </button>
        )
      }
      flush
    >
      <div className="stack plan-body">
        {plan.summary !== '' && <p className="wrap pre plan-summary">{plan.summary}</p>}
        {editable && !notStarted && (
          <Notice tone="idle">The swarm is running: tasks that have not started can still be changed.</Notice>
        )}
        <Unsaved dirty={dirty} />
        <ol className="plan-tasks">
          {tasks.slice(0, rows).map((task) => (
            <li key={task.id} className={open === task.id ? 'open' : undefined}>
              <TaskRow
                task={task}
                open={open === task.id}
                toggle={() => setOpen(open === task.id ? undefined : task.id)}
                problems={problems.filter((one) => one.taskId === task.id)}
              />
              {open === task.id && (
                <TaskForm
                  task={task}
                  others={tasks.filter((one) => one.id !== task.id)}
                  editable={editable}
                  set={(fields) => change({ kind: 'modify', taskId: task.id, set: fields })}
                  remove={() => change({ kind: 'remove', taskId: task.id })}
                  split={() => split(task)}
                />
              )}
            </li>
          ))}
        </ol>
        {tasks.length > rows && (
          <div>
            <button type="button" className="button" onClick={() => setRows(rows + 4 * ROWS)}>
              Show more of {tasks.length}
            </button>
          </div>
        )}
        {dirty && (
          <div className="plan-save row apart">
            <span className="small">
              {plural(edits.length, 'change')} to version {version}
              {problems[0] !== undefined && <span className="problem"> · {problems[0].message}</span>}
            </span>
            <span className="row tight">
              <button type="button" className="button quiet" onClick={() => setTasks(plan.tasks)}>
                Undo all
              </button>
              <ActionButton
                icon="check"
                look="primary"
                disabled={problems.length > 0}
                act={(key) => editPlan(swarmId, edits, key).then(() => setTasks(plan.tasks))}
                done="Saved as a new version"
              >
                Save as a new version
              </ActionButton>
            </span>
          </div>
        )}
      </div>
    </Card>
  );
};
