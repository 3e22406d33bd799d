/** What the form says, as the API takes it: what was left empty is left to `drover.yml` and the defaults. */
import { INDEPENDENT_AGENTS } from '../../../domain/comparison.ts';
import type { StartSwarm } from '../../data/wire.ts';
import type { StartSettings } from './how.tsx';

const USUAL_ANSWERS = 3;

const answers = (parallel = USUAL_ANSWERS): number =>
  Math.min(INDEPENDENT_AGENTS.most, Math.max(INDEPENDENT_AGENTS.least, parallel));

interface Form {
  readonly repository: string;
  readonly base: string;
  readonly goal: string;
  readonly approve: boolean;
  readonly settings: StartSettings;
  /** Several agents answer the goal, each for itself. */
  readonly several: boolean;
  readonly plan: unknown;
}

const given = <K extends string>(name: K, text: string): { readonly [N in K]?: string } =>
  (text.trim() === '' ? {} : { [name]: text.trim() }) as { readonly [N in K]?: string };

const configOf = ({ executor, parallel, command, build, test, gates }: StartSettings): object => {
  const verify = { ...given('build', build), ...given('test', test) };
  return {
    ...given('executor', executor),
    ...given('command', command),
    ...(parallel === undefined ? {} : { parallel }),
    ...(Object.keys(verify).length === 0 ? {} : { verify }),
    ...(Object.keys(gates).length === 0 ? {} : { gates }),
  };
};

export const requestOf = ({ repository, base, goal, approve, settings, several, plan }: Form): StartSwarm => {
  const config = configOf(settings);
  return {
    repository: repository.trim(),
    ...given('goal', goal),
    ...given('base', base),
    ...(plan === undefined ? {} : { plan }),
    ...(Object.keys(config).length === 0 ? {} : { config }),
    ...(approve ? { approve } : {}),
    ...(several && plan === undefined
      ? { independent: { agents: answers(settings.parallel), judge: false } }
      : {}),
  };
};
