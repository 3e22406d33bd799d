/** Checks everything that a swarm needs before it is started by a request, and tells all that is wrong at once. */
import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { readPlanFile } from '../config/plan-file.ts';
import { configError, isError, problemLine, type ConfigProblem } from '../config/problem.ts';
import type { Environment } from '../config/environment.ts';
import { resolveSettings } from '../config/settings.ts';
import type { DroverFileInput } from '../config/schema.ts';
import { independentPlan } from '../domain/swarm/comparison.ts';
import { needsApi } from '../domain/agents/executor-choice.ts';
import type { Plan } from '../domain/plan/plan.ts';
import { DroverFailure } from '../domain/failures.ts';
import { planSettingsProblems } from '../domain/plan/fits-settings.ts';
import { errorCode } from '../store/files.ts';
import type { Home } from '../store/home.ts';
import { readServices } from '../workers/supervisor/services.ts';
import { checkRepository } from './repository-check.ts';
import type { StartSwarm } from './start-swarm.ts';

export interface StartRequest {
  readonly goal?: string | undefined;
  readonly repository: string;
  readonly base?: string | undefined;
  /** In the form of a plan file. */
  readonly plan?: unknown;
  /** A plan that was checked already, instead of `goal` and `plan`. */
  readonly given?: Plan;
  /** In the form of `drover.yml`; counts before the repository's own. */
  readonly config?: unknown;
  readonly approve?: boolean | undefined;
  readonly independent?: { readonly agents: number; readonly judge: boolean } | undefined;
  readonly key?: string | undefined;
}

const REQUEST = 'request';
const CONFIG_FILE = 'drover.yml';
const MAX_CONFIG_BYTES = 1_048_576;

export const droverYml = async (
  repository: string,
): Promise<{ readonly text: string; readonly path: string } | undefined> => {
  const path = join(repository, CONFIG_FILE);
  try {
    const { size } = await stat(path);
    if (size > MAX_CONFIG_BYTES)
      throw new DroverFailure('invalidInput', `${path} has ${size} bytes; that is too large`);
    return { text: await readFile(path, 'utf8'), path };
  } catch (error) {
    if (error instanceof DroverFailure) throw error;
    const code = errorCode(error) ?? '';
    // There can be no such file.
    if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(code)) return undefined;
    throw new DroverFailure('invalidInput', `${path} cannot be read (${code})`, {
      hint: 'it must be a file that Drover may read',
      cause: error,
    });
  }
};

const refused = (problems: readonly ConfigProblem[]): DroverFailure =>
  new DroverFailure('invalidInput', problems.map(problemLine).join('\n'), {
    hint: 'correct these and send the request again',
  });

/** Do the services have a key for a model? True when none run here: others may have one. */
export const hasModelKey = async (home: Home): Promise<boolean> => {
  const services = await readServices(home);
  return services === undefined || services.settings.digests['ANTHROPIC_API_KEY'] !== undefined;
};

/** What the request says wrong by itself. */
const formProblems = ({
  goal,
  plan,
  given,
  independent,
  repository,
}: StartRequest): readonly ConfigProblem[] => [
  ...(isAbsolute(repository)
    ? []
    : [configError(REQUEST, '"repository" must be an absolute path on the machine that Drover runs on')]),
  ...(goal === undefined && plan === undefined && given === undefined
    ? [configError(REQUEST, 'Neither "goal" nor "plan" is given; give one of them')]
    : []),
  ...(goal !== undefined && goal.trim() === '' ? [configError(REQUEST, '"goal" is empty')] : []),
  ...(independent !== undefined && (goal === undefined || plan !== undefined)
    ? [configError(REQUEST, '"independent" needs a "goal", and no "plan"')]
    : []),
];

const planOf = ({ goal, plan, given, independent }: StartRequest): ReturnType<typeof readPlanFile> => {
  if (given !== undefined) return { plan: given, problems: [] };
  if (independent !== undefined && goal !== undefined)
    return { plan: independentPlan(goal, independent.agents), problems: [] };
  return plan === undefined
    ? { problems: [] }
    : readPlanFile(JSON.stringify(plan), { path: 'plan', ...(goal === undefined ? {} : { goal }) });
};

/** @throws DroverFailure with everything that is wrong */
export const prepareStart = async (
  request: StartRequest,
  {
    home,
    env,
    defaults,
    lowest,
  }: {
    readonly home: Home;
    readonly env: Environment;
    /** Of the environment that the services were started in. */
    readonly defaults: { readonly defaultModel?: string; readonly parallelism?: number };
    /** What counts where nobody else says anything. */
    readonly lowest?: DroverFileInput;
  },
): Promise<StartSwarm> => {
  const { goal, base, independent, key } = request;
  const form = formProblems(request);
  if (form.length > 0) throw refused(form);
  const checked = await checkRepository(request.repository, base, env);
  // Of several hosts the one that takes the swarm looks for itself; what its drover.yml says is not known here.
  const repository =
    !checked.ok && checked.kind === 'path' && home.shelf !== undefined
      ? { ok: true as const, path: request.repository }
      : checked;
  if (!repository.ok)
    throw new DroverFailure(
      repository.kind === 'repository' ? 'repositoryUnusable' : 'invalidInput',
      repository.problem,
    );
  const { plan, problems: planProblems } = planOf(request);
  const given = (request.config ?? {}) as DroverFileInput;
  const flags =
    independent === undefined || given.parallel !== undefined
      ? given
      : { ...given, parallel: independent.agents };
  const file = await droverYml(repository.path);
  const { settings, problems } = resolveSettings({
    flags,
    env: defaults,
    ...(lowest === undefined ? {} : { defaults: lowest }),
    ...(file === undefined ? {} : { file }),
  });
  const errors = [...planProblems, ...problems].filter(isError);
  if (errors.length > 0 || settings === undefined) throw refused(errors);
  const unfit =
    plan === undefined
      ? []
      : planSettingsProblems(plan, settings)
          .filter(({ severity }) => severity === 'error')
          .map(({ message }) => configError('plan', message));
  if (unfit.length > 0) throw refused(unfit);
  const asksModel = plan === undefined || independent?.judge === true || needsApi(settings, plan.tasks);
  if (asksModel && !(await hasModelKey(home)))
    throw new DroverFailure('wrongState', 'This needs a model, and the services have no ANTHROPIC_API_KEY', {
      hint: 'set it and run drover up, or send a plan whose tasks have the executor "command"',
    });
  return {
    goal: goal ?? plan?.goal ?? '',
    repository: repository.path,
    settings,
    // The prompt is the plan, and the person has just given it.
    approve: request.approve === true || independent !== undefined,
    ...(key === undefined ? {} : { key }),
    ...(independent === undefined ? {} : { independent: { judge: independent.judge } }),
    ...(base === undefined ? {} : { base }),
    ...(plan === undefined ? {} : { plan }),
  };
};
