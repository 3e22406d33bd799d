/** How a swarm works: executor, agents at once, commands, gates. What is left alone comes from `drover.yml`. */
import { useId } from 'react';
import {
  EXECUTORS,
  GATE_KINDS,
  GATE_POLICIES,
  type GateKind,
  type GatePolicy,
} from '../../../domain/settings.ts';

export interface StartSettings {
  readonly executor: string;
  readonly parallel: number | undefined;
  readonly command: string;
  readonly build: string;
  readonly test: string;
  readonly gates: Partial<Readonly<Record<GateKind, GatePolicy>>>;
}

const MAX_AGENTS = 32;

interface PartProps {
  readonly settings: StartSettings;
  readonly set: (settings: StartSettings) => void;
}

const TextField = ({
  name,
  label,
  placeholder,
  settings,
  set,
}: PartProps & {
  readonly name: 'command' | 'build' | 'test';
  readonly label: string;
  readonly placeholder: string;
}) => {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="input mono"
        placeholder={placeholder}
        value={settings[name]}
        onChange={(event) => set({ ...settings, [name]: event.target.value })}
      />
    </div>
  );
};

export const How = ({ settings, set }: PartProps) => {
  const id = useId();
  return (
    <>
      <div className="field">
        <label htmlFor={`${id}-executor`}>Executor</label>
        <select
          id={`${id}-executor`}
          className="input"
          value={settings.executor}
          onChange={(event) => set({ ...settings, executor: event.target.value })}
        >
          <option value="">as drover.yml says</option>
          {EXECUTORS.map((executor) => (
            <option key={executor}>{executor}</option>
          ))}
        </select>
      </div>
      <div className="field">
        <label htmlFor={`${id}-parallel`}>
          Agents at once:{' '}
          <output htmlFor={`${id}-parallel`}>{settings.parallel ?? 'as drover.yml says'}</output>
        </label>
        <input
          id={`${id}-parallel`}
          type="range"
          min={1}
          max={MAX_AGENTS}
          value={settings.parallel ?? 1}
          onChange={(event) => set({ ...settings, parallel: Number(event.target.value) })}
        />
      </div>
      {settings.executor === 'command' && (
        <TextField
          name="command"
          label="Command of each task"
          placeholder="./codemod.sh"
          settings={settings}
          set={set}
        />
      )}
      <TextField name="build" label="Build" placeholder="npm run build" settings={settings} set={set} />
      <TextField name="test" label="Test" placeholder="npm test" settings={settings} set={set} />
    </>
  );
};

const GATE_WORDS: Readonly<Partial<Record<string, string>>> = {
  plan: 'The plan is ready',
  task: 'A task failed for good',
  conflict: 'A branch does not merge',
  build: 'The build is red',
  test: 'The tests are red',
  phase: 'A phase cannot go on',
  pick: 'Which answer is taken',
  budget: 'The budget is used up',
  question: 'An agent asks something',
};

export const Gates = ({
  gates,
  set,
}: {
  readonly gates: StartSettings['gates'];
  readonly set: (gates: StartSettings['gates']) => void;
}) => {
  const id = useId();
  const change = (kind: GateKind, value: string): void => {
    const policy = GATE_POLICIES.find((one) => one === value);
    const { [kind]: _, ...others } = gates;
    set(policy === undefined ? others : { ...others, [kind]: policy });
  };
  return (
    <div className="gates">
      {GATE_KINDS.map((kind) => (
        <div key={kind} className="gate">
          <label htmlFor={`${id}-${kind}`} className="small">
            {GATE_WORDS[kind] ?? kind}
          </label>
          <select
            id={`${id}-${kind}`}
            className="input narrow"
            value={gates[kind] ?? ''}
            onChange={(event) => change(kind, event.target.value)}
          >
            <option value="">as drover.yml</option>
            {GATE_POLICIES.map((policy) => (
              <option key={policy}>{policy}</option>
            ))}
          </select>
        </div>
      ))}
      <p className="small muted">ask waits for you; auto approves; skip rejects; fail ends the swarm.</p>
    </div>
  );
};
