/** The tasks of a swarm, as a graph or as a list, with the chosen one beside them. */
import { lazy, Suspense, useCallback } from 'react';
import { useSearchParams } from 'react-router';
import { useTasks } from '../../../data/queries.ts';
import { Icon } from '../../../parts/icon.tsx';
import { Empty, Loaded, Loading } from '../../../parts/states.tsx';
import { useSwarmContext } from '../context.ts';
import { TaskList } from './task-list.tsx';
import { TaskPanel } from './task-panel.tsx';

const TaskGraph = lazy(async () => ({ default: (await import('./graph.tsx')).TaskGraph }));

const NARROW = '(max-width: 820px)';

export const TasksTab = () => {
  const { id, view } = useSwarmContext();
  const tasks = useTasks(id);
  const [search, setSearch] = useSearchParams();
  const chosen = search.get('task') ?? undefined;
  const shape = search.get('as') ?? (matchMedia(NARROW).matches ? 'list' : 'graph');
  const set = useCallback(
    (name: string, value: string | undefined): void =>
      setSearch(
        (before) => {
          const next = new URLSearchParams(before);
          if (value === undefined) next.delete(name);
          else next.set(name, value);
          return next;
        },
        { replace: true, preventScrollReset: true },
      ),
    [setSearch],
  );
  const open = useCallback((taskId: string | undefined) => set('task', taskId), [set]);
  return (
    <Loaded query={tasks} lines={6}>
      {(all) => {
        if (all.length === 0)
          return (
            <Empty
              title={view.phase === 'planning' ? 'The plan is being made' : 'There are no tasks yet'}
              icon="plan"
            >
              Tasks appear here once a plan is approved.
            </Empty>
          );
        const task = all.find((one) => one.id === chosen);
        return (
          <div className={task === undefined ? 'stack' : 'split'}>
            <div className="stack">
              <div className="row">
                {(['graph', 'list'] as const).map((name) => (
                  <button
                    type="button"
                    key={name}
                    className={`button slim ${shape === name ? '' : 'quiet'}`}
                    aria-pressed={shape === name}
                    onClick={() => set('as', name)}
                  >
                    <Icon name={name === 'graph' ? 'graph' : 'plan'} />
                    {name === 'graph' ? 'Graph' : 'List'}
                  </button>
                ))}
              </div>
              {shape === 'list' ? (
                <TaskList tasks={all} open={open} selected={chosen} />
              ) : (
                <Suspense fallback={<Loading lines={6} />}>
                  <TaskGraph tasks={all} open={open} selected={chosen} />
                </Suspense>
              )}
            </div>
            {task !== undefined && <TaskPanel key={task.id} task={task} close={() => open(undefined)} />}
          </div>
        );
      }}
    </Loaded>
  );
};
