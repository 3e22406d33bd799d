/** All fields of one task of the plan. */
import { useId, useState, type ReactNode } from 'react';
import type { Task } from '../../../../domain/plan/plan.ts';
import { Icon } from '../../../parts/icon.tsx';

type Fields = Partial<Omit<Task, 'id'>>;

interface LineProps {
  readonly label: string;
  readonly value: string;
  readonly editable: boolean;
  readonly set: (value: string) => void;
  readonly help?: string;
  readonly rows?: number;
  readonly mono?: boolean;
  readonly type?: 'text' | 'number';
  readonly list?: string;
}

/** Sent when the field is left, so that a list can be typed with commas in it. */
const Line = ({ label, value, editable, set, help, rows, mono = false, type = 'text', list }: LineProps) => {
  const id = useId();
  const [text, setText] = useState(value);
  const [seen, setSeen] = useState(value);
  if (seen !== value) {
    setSeen(value);
    setText(value);
  }
  const shared = {
    id,
    className: mono ? 'input mono' : 'input',
    value: text,
    readOnly: !editable,
    onChange: (event: { readonly target: { readonly value: string } }) => setText(event.target.value),
    onBlur: () => {
      if (text !== value) set(text);
    },
  };
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {rows === undefined ? (
        <input {...shared} type={type} list={list} />
      ) : (
        <textarea {...shared} rows={rows} />
      )}
      {help !== undefined && <span className="help">{help}</span>}
    </div>
  );
};

const listOf = (text: string): string[] => [
  ...new Set(
    text
      .split(/[,\n]/)
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ''),
  ),
];

/** `null` takes a field back to its default, which the type of an edit does not know. */
const orDefault = (name: keyof Fields, text: string): Fields => ({
  [name]: text.trim() === '' ? null : text,
});

const Group = ({ children }: { readonly children: ReactNode }) => (
  <div className="form-group">{children}</div>
);

export const TaskForm = ({
  task,
  others,
  editable,
  set,
  remove,
  split,
}: {
  readonly task: Task;
  readonly others: readonly Task[];
  readonly editable: boolean;
  readonly set: (fields: Fields) => void;
  readonly remove: () => void;
  readonly split: () => void;
}) => {
  const known = useId();
  return (
    <div className="stack task-form">
      <Line label="Title" value={task.title} editable={editable} set={(title) => set({ title })} />
      <Line
        label="What is to be done"
        rows={5}
        value={task.description}
        editable={editable}
        set={(description) => set({ description })}
      />
      <Group>
        <Line
          label="Builds on"
          help="Ids of tasks, with commas between them"
          list={known}
          value={task.dependsOn.join(', ')}
          editable={editable}
          set={(text) => set({ dependsOn: listOf(text) })}
        />
        <Line
          label="Files it will change"
          help="Paths or globs, with commas between them"
          mono
          value={task.files.join(', ')}
          editable={editable}
          set={(text) => set({ files: listOf(text) })}
        />
      </Group>
      <datalist id={known}>
        {others.slice(0, 500).map((one) => (
          <option key={one.id} value={one.id}>
            {one.title}
          </option>
        ))}
      </datalist>
      <Group>
        <Line
          label="Priority"
          type="number"
          help="1 is the most urgent"
          value={String(task.priority)}
          editable={editable}
          set={(text) => set({ priority: Number(text) })}
        />
        <Line
          label="Category"
          value={task.category}
          editable={editable}
          set={(category) => set({ category })}
        />
        <Line
          label="Executor"
          help="Of the swarm when empty"
          value={task.executor ?? ''}
          editable={editable}
          set={(text) => set(orDefault('executor', text))}
        />
        <Line
          label="Model"
          help="By category when empty"
          value={task.model ?? ''}
          editable={editable}
          set={(text) => set(orDefault('model', text))}
        />
      </Group>
      <Group>
        <Line
          label="Command"
          help="For the command executor"
          mono
          rows={2}
          value={task.command ?? ''}
          editable={editable}
          set={(text) => set(orDefault('command', text))}
        />
        <Line
          label="Acceptance"
          help="Must succeed before the task counts as done"
          mono
          rows={2}
          value={task.acceptance ?? ''}
          editable={editable}
          set={(text) => set(orDefault('acceptance', text))}
        />
      </Group>
      {editable && (
        <div className="row tight">
          <button type="button" className="button slim" onClick={split}>
            <Icon name="split" />
            Split in two
          </button>
          <button type="button" className="button slim danger" onClick={remove}>
            <Icon name="trash" />
            Remove
          </button>
        </div>
      )}
    </div>
  );
};
