/** What a task changed, read only when it is opened. */
import { lazy, Suspense, useState } from 'react';
import { useTaskDiff } from '../../../data/queries.ts';
import { Loaded, Loading } from '../../../parts/states.tsx';

const DiffFiles = lazy(async () => ({ default: (await import('../../../parts/diff.tsx')).DiffFiles }));

export const TaskDiff = ({ swarmId, taskId }: { readonly swarmId: string; readonly taskId: string }) => {
  const [open, setOpen] = useState(false);
  const diff = useTaskDiff(swarmId, taskId, open);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="label">What {taskId} changed</summary>
      {open && (
        <Suspense fallback={<Loading />}>
          <Loaded query={diff}>{(text) => <DiffFiles diff={text} />}</Loaded>
        </Suspense>
      )}
    </details>
  );
};
