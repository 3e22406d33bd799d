/** Starting a swarm: where, what for, and how. */
import { useId, useState, type FormEvent } from 'react';
import { useNavigate } from 'react-router';
import { startSwarm } from '../../data/actions.ts';
import { explain } from '../../data/problem.ts';
import { useSwarms } from '../../data/queries.ts';
import { useAction } from '../../parts/action.tsx';
import { Card } from '../../parts/card.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Notice } from '../../parts/states.tsx';
import { useTitle } from '../../parts/title.ts';
import { Gates, How, type StartSettings } from './how.tsx';
import { readPlanText } from './plan-text.ts';
import { requestOf } from './request-of.ts';
import './start.css';

const FIRST: StartSettings = {
  executor: '',
  parallel: undefined,
  command: '',
  build: '',
  test: '',
  gates: {},
};

const PlanField = ({ text, set }: { readonly text: string; readonly set: (text: string) => void }) => {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>Plan or features</label>
      <textarea
        id={id}
        className="input mono"
        rows={7}
        placeholder={'tasks:\n  - id: parser\n    title: Write the parser'}
        value={text}
        onChange={(event) => set(event.target.value)}
      />
      <span className="help row tight">
        YAML or JSON. Without one, a model makes the plan from the goal.
        <label className="button slim file">
          From a file
          <input
            type="file"
            accept=".yml,.yaml,.json"
            onChange={(event) => {
              void event.target.files?.[0]?.text().then(set);
            }}
          />
        </label>
      </span>
    </div>
  );
};

export const StartPage = () => {
  useTitle('Start a swarm');
  const id = useId();
  const go = useNavigate();
  const swarms = useSwarms();
  const [repository, setRepository] = useState('');
  const [base, setBase] = useState('');
  const [goal, setGoal] = useState('');
  const [planText, setPlanText] = useState('');
  const [planProblem, setPlanProblem] = useState<string>();
  const [settings, setSettings] = useState(FIRST);
  const [approve, setApprove] = useState(false);
  const [several, setSeveral] = useState(false);
  const start = useAction(startSwarm);
  const known = [...new Set(swarms.data?.map((swarm) => swarm.repository))].filter((path) => path !== '');
  const ready = repository.trim() !== '' && (goal.trim() !== '' || planText.trim() !== '');

  const submit = async (): Promise<void> => {
    const read = planText.trim() === '' ? {} : await readPlanText(planText);
    setPlanProblem(read.problem);
    if (read.problem !== undefined) return;
    const request = requestOf({ repository, base, goal, approve, settings, several, plan: read.plan });
    start.mutate(request, { onSuccess: ({ id: swarmId }) => void go(`/swarms/${swarmId}`) });
  };

  return (
    <div className="page">
      <h1>Start a swarm</h1>
      <form
        className="split"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Card title="What">
          <div className="stack">
            <div className="form-group">
              <div className="field wider">
                <label htmlFor={`${id}-repository`}>Repository</label>
                <input
                  id={`${id}-repository`}
                  className="input mono"
                  required
                  list={`${id}-known`}
                  placeholder="/home/me/code/project"
                  autoComplete="off"
                  value={repository}
                  onChange={(event) => setRepository(event.target.value)}
                />
                <datalist id={`${id}-known`}>
                  {known.slice(0, 50).map((path) => (
                    <option key={path} value={path} />
                  ))}
                </datalist>
                <span className="help">An absolute path on the machine that Drover runs on</span>
              </div>
              <div className="field">
                <label htmlFor={`${id}-base`}>Start from</label>
                <input
                  id={`${id}-base`}
                  className="input mono"
                  placeholder="HEAD"
                  value={base}
                  onChange={(event) => setBase(event.target.value)}
                />
                <span className="help">Branch, tag or commit</span>
              </div>
            </div>
            <div className="field">
              <label htmlFor={`${id}-goal`}>Goal</label>
              <textarea
                id={`${id}-goal`}
                className="input"
                rows={5}
                maxLength={20_000}
                placeholder="Add an option --json to every command"
                value={goal}
                onChange={(event) => setGoal(event.target.value)}
              />
            </div>
            <PlanField text={planText} set={setPlanText} />
            {planProblem !== undefined && <p className="problem">{planProblem}</p>}
          </div>
        </Card>
        <div className="stack">
          <Card title="How">
            <div className="stack">
              <How settings={settings} set={setSettings} />
              <label className="row tight">
                <input
                  type="checkbox"
                  checked={approve}
                  onChange={(event) => setApprove(event.target.checked)}
                />
                Approve the first plan without asking
              </label>
              <label className="row tight">
                <input
                  type="checkbox"
                  checked={several}
                  disabled={planText.trim() !== ''}
                  onChange={(event) => setSeveral(event.target.checked)}
                />
                Several answers to the goal, of which you pick one
              </label>
            </div>
          </Card>
          <Card title="Gates">
            <Gates gates={settings.gates} set={(gates) => setSettings({ ...settings, gates })} />
          </Card>
          {start.error !== null && (
            <div role="alert">
              <Notice tone="bad">
                <strong className="pre">{explain(start.error).message}</strong>
                <p>{explain(start.error).hint}</p>
              </Notice>
            </div>
          )}
          <button type="submit" className="button primary" disabled={!ready || start.isPending}>
            <Icon name={start.isPending ? 'running' : 'play'} spin={start.isPending} />
            Start
          </button>
        </div>
      </form>
    </div>
  );
};
