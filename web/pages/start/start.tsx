/** Starting a swarm: where, what for, and how. */
import { useId, useState, type FormEvent } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { changeSchedule, createSchedule, startSwarm, startTeam } from '../../data/actions.ts';
import type { ChangeSchedule, CreateSchedule, StartSwarm, StartTeam } from '../../data/wire.ts';
import { explain } from '../../data/problem.ts';
import { useSwarms } from '../../data/queries.ts';
import { useAction } from '../../parts/action.tsx';
import { Card } from '../../parts/card.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Loaded, Notice } from '../../parts/states.tsx';
import { useTitle } from '../../parts/title.ts';
import { useWide } from '../../parts/wide.ts';
import { FRESH, isSameWork, type StartFields } from './fields.ts';
import { Gates, How } from './how.tsx';
import { useScheduleFields } from './of-schedule.ts';
import { readPlanText } from './plan-text.ts';
import { KINDS, swarmOf, teamOf, timesOf, type Kind } from './request-of.ts';
import { TeamFields, type TeamWish } from './team-fields.tsx';
import { TimesFields, When, type Times } from './when.tsx';
import './start.css';

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

const KIND_WORDS: Readonly<Record<Kind, string>> = {
  swarm: 'A swarm with a plan',
  answers: 'Several answers, one picked',
  team: 'A team with a lead',
};

const useStart = () => {
  const go = useNavigate();
  const toControl = { onSuccess: () => void go('/control') };
  const swarm = useAction(startSwarm);
  const team = useAction(startTeam);
  const schedule = useAction(createSchedule, { done: 'The schedule is made' });
  const change = useAction(
    ({ name, request }: { readonly name: string; readonly request: ChangeSchedule }) =>
      changeSchedule(name, request),
    { done: 'The schedule is changed' },
  );
  const all = [swarm, team, schedule, change];
  return {
    error: all.find(({ error }) => error !== null)?.error ?? null,
    pending: all.some(({ isPending }) => isPending),
    swarm: (request: StartSwarm) =>
      swarm.mutate(request, { onSuccess: ({ id }) => void go(`/swarms/${id}`) }),
    team: (request: StartTeam) =>
      team.mutate(request, { onSuccess: ({ id }) => void go(`/swarms/${id}/team`) }),
    schedule: (request: CreateSchedule) => schedule.mutate(request, toControl),
    change: (name: string, request: ChangeSchedule) => change.mutate({ name, request }, toControl),
  };
};

/** @param schedule the one that is changed; its form was made of it */
const StartForm = ({ first, schedule }: { readonly first: StartFields; readonly schedule?: string }) => {
  const id = useId();
  const swarms = useSwarms();
  const [search, setSearch] = useSearchParams();
  const kind =
    schedule === undefined ? (KINDS.find((one) => one === search.get('as')) ?? 'swarm') : first.kind;
  const [repository, setRepository] = useState(first.repository);
  const [base, setBase] = useState(first.base);
  const [goal, setGoal] = useState(first.goal);
  const [planText, setPlanText] = useState(first.planText);
  const [planProblem, setPlanProblem] = useState<string>();
  const [settings, setSettings] = useState(first.settings);
  const [wish, setWish] = useState<TeamWish>({ template: '', approval: '' });
  const [times, setTimes] = useState<Times>(first.times);
  const start = useStart();
  const wide = useWide();
  const known = [...new Set(swarms.data?.map((swarm) => swarm.repository))].filter((path) => path !== '');
  const planned = kind === 'swarm' && planText.trim() !== '';
  const scheduled = times.scheduled && kind !== 'team';
  const ready = repository.trim() !== '' && (goal.trim() !== '' || planned);

  const submit = async (): Promise<void> => {
    const read = planned ? await readPlanText(planText) : {};
    setPlanProblem(read.problem);
    if (read.problem !== undefined) return;
    const form = { repository, base, goal, settings };
    if (kind === 'team') return start.team(teamOf(form, wish));
    const swarm = swarmOf(form, kind, read.plan);
    if (!scheduled) return start.swarm(swarm);
    const when = timesOf(times);
    if (schedule === undefined) return start.schedule({ name: times.name, ...when, swarm });
    const isSame = isSameWork(first, { kind, planText, ...form });
    return start.change(schedule, { ...when, ...(isSame ? {} : { swarm }) });
  };

  const gates = (
    <Card
      title="Gates"
      aside={
        <span className="small muted">ask waits for you · auto approves · skip rejects · fail ends it</span>
      }
    >
      <Gates gates={settings.gates} set={(chosen) => setSettings({ ...settings, gates: chosen })} />
    </Card>
  );

  return (
    <div className="page">
      <h1>{schedule === undefined ? 'Start a swarm' : `Change the schedule ${schedule}`}</h1>
      <form
        className="split"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          void submit();
        }}
      >
        <div className="stack">
          <Card title="What">
            <div className="stack">
              {schedule === undefined && (
                <fieldset className="segments">
                  <legend className="unseen">What is started</legend>
                  {KINDS.map((one) => (
                    <label key={one}>
                      <input
                        type="radio"
                        name={`${id}-kind`}
                        checked={kind === one}
                        onChange={() => setSearch(one === 'swarm' ? {} : { as: one }, { replace: true })}
                      />
                      {KIND_WORDS[one]}
                    </label>
                  ))}
                </fieldset>
              )}
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
              {kind === 'swarm' && <PlanField text={planText} set={setPlanText} />}
              {kind === 'team' && <TeamFields repository={repository} wish={wish} set={setWish} />}
              {planProblem !== undefined && (
                <p className="problem" role="alert">
                  {planProblem}
                </p>
              )}
            </div>
          </Card>
          {wide && gates}
        </div>
        <div className="stack">
          <Card title="How">
            <div className="stack">
              <How settings={settings} set={setSettings} kind={kind} />
            </div>
          </Card>
          {!wide && gates}
          {kind !== 'team' && (
            <Card title="When">
              {schedule === undefined ? (
                <When times={times} set={setTimes} />
              ) : (
                <div className="stack">
                  <TimesFields times={times} set={setTimes} />
                </div>
              )}
            </Card>
          )}
          {start.error !== null && (
            <div role="alert">
              <Notice tone="bad">
                <strong className="pre">{explain(start.error).message}</strong>
                <p>{explain(start.error).hint}</p>
              </Notice>
            </div>
          )}
          <button type="submit" className="button primary" disabled={!ready || start.pending}>
            <Icon name={start.pending ? 'running' : 'play'} spin={start.pending} />
            {schedule !== undefined ? 'Save the schedule' : scheduled ? 'Make the schedule' : 'Start'}
          </button>
        </div>
      </form>
    </div>
  );
};

const ChangeForm = ({ schedule }: { readonly schedule: string }) => {
  useTitle(`Change ${schedule}`);
  return (
    <Loaded query={useScheduleFields(schedule)} lines={8}>
      {(first) => <StartForm first={first} schedule={schedule} />}
    </Loaded>
  );
};

const NewForm = () => {
  useTitle('Start a swarm');
  return <StartForm first={FRESH} />;
};

export const StartPage = () => {
  const [search] = useSearchParams();
  const schedule = search.get('schedule');
  return schedule === null ? <NewForm /> : <ChangeForm key={schedule} schedule={schedule} />;
};
