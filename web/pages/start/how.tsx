/** How a swarm works: executor, agents at once, commands, gates. What is left alone comes from `drover.yml`. */
import { useId } from 'react';
import { INDEPENDENT_AGENTS } from '../../../domain/swarm/comparison.ts';
import { EXECUTORS, GATE_KINDS, GATE_POLICIES, type GateKind } from '../../../domain/swarm/settings.ts';
import type { Kind, StartSettings } from './request-of.ts';

const MAX_AGENTS = 32;
/** The left end of the slider: the number of `drover.yml`, which one can come back to. */
const AS_CONFIGURED = 0;

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

export const How = ({ settings, set, kind }: PartProps & { readonly kind: Kind }) => {
  const id = useId();
  // A schedule may have one that `drover.yml` declares.
  const executors = new Set<string>([...EXECUTORS, settings.executor].filter((name) => name !== ''));
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
          {[...executors].map((executor) => (
            <option key={executor}>{executor}</option>
          ))}
        </select>
      </div>
      <div className="field">
        <label htmlFor={`${id}-parallel`}>
          {kind === 'answers' ? 'Answers' : 'Agents at once'}:{' '}
          <output htmlFor={`${id}-parallel`}>
            {settings.parallel ?? (kind === 'answers' ? 3 : 'as drover.yml says')}
          </output>
        </label>
        <input
          id={`${id}-parallel`}
          type="range"
          min={kind === 'answers' ? INDEPENDENT_AGENTS.least : AS_CONFIGURED}
          max={kind === 'answers' ? INDEPENDENT_AGENTS.most : MAX_AGENTS}
          value={settings.parallel ?? (kind === 'answers' ? 3 : AS_CONFIGURED)}
          aria-valuetext={
            settings.parallel === undefined && kind !== 'answers' ? 'as drover.yml says' : undefined
          }
          onChange={(event) => {
            const parallel = Number(event.target.value);
            set({ ...settings, parallel: parallel === AS_CONFIGURED ? undefined : parallel });
          }}
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
      <div className="field">
        <label htmlFor={`${id}-budget`}>Budget in US dollars</label>
        <input
          id={`${id}-budget`}
          className="input"
          type="number"
          inputMode="decimal"
          min="0.01"
          step="any"
          placeholder="as drover.yml says"
          value={settings.budget}
          onChange={(event) => set({ ...settings, budget: event.target.value })}
        />
      </div>
      {kind === 'swarm' && (
        <label className="check">
          <input
            type="checkbox"
            checked={settings.approve}
            onChange={(event) => set({ ...settings, approve: event.target.checked })}
          />
          Approve the first plan without asking
        </label>
      )}
      {kind === 'answers' && (
        <label className="check">
          <input
            type="checkbox"
            checked={settings.judge}
            onChange={(event) => set({ ...settings, judge: event.target.checked })}
          />
          A model ranks the answers
        </label>
      )}
    </>
  );
};

const GATE_WORDS: Readonly<Record<GateKind, string>> = {
  plan: 'The plan is ready',
  task: 'A task failed for good',
  conflict: 'A branch does not merge',
  build: 'The build is red',
  test: 'The tests are red',
  phase: 'A phase cannot go on',
  pick: 'Which answer is taken',
  budget: 'The budget is used up',
  files: 'A task changed other files than its own',
  claims: 'A task changed what another agent had claimed',
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
            {GATE_WORDS[kind]}
          </label>
          <select
            id={`${id}-${kind}`}
            className="input narrow"
            value={gates[kind] ?? ''}
            onChange={(event) => change(kind, event.target.value)}
          >
            <option value="">drover.yml</option>
            {GATE_POLICIES.map((policy) => (
              <option key={policy}>{policy}</option>
            ))}
          </select>
        </div>
      ))}
    </div>
  );
};
