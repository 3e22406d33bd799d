/** A task of the plan in one line; opens to all of it. */
import type { PlanProblem, Task } from '../../../../domain/plan/plan.ts';
import { Icon } from '../../../parts/icon.tsx';

export const TaskRow = ({
  task,
  open,
  toggle,
  problems,
}: {
  readonly task: Task;
  readonly open: boolean;
  readonly toggle: () => void;
  readonly problems: readonly PlanProblem[];
}) => (
  <>
    <button type="button" className="task-row" aria-expanded={open} onClick={toggle}>
      <span className={open ? 'turned' : undefined}>
        <Icon name="chevron" />
      </span>
      <span className="task-row-title">{task.title}</span>
      <span className="small muted task-row-facts">
        {task.id} · priority {task.priority}
        {task.dependsOn.length > 0 && ` · after ${task.dependsOn.slice(0, 4).join(', ')}`}
        {task.dependsOn.length > 4 && ` and ${task.dependsOn.length - 4} more`}
      </span>
    </button>
    {problems.map((problem) => (
      <p key={problem.message} className="problem task-problem">
        {problem.message}
      </p>
    ))}
  </>
);
