/** Merges what is configured (defaults, `drover.yml`, environment, flags; the later counts) into the settings of a swarm. */
import type { Launcher } from '../domain/agents/pod.ts';
import type { ProjectCommand, SwarmSettings } from '../domain/swarm/settings.ts';
import { clip, plainLine } from '../domain/text.ts';
import { COMMAND_SECONDS, DEFAULTS } from './defaults.ts';
import { executorProblems, executorTable } from './executors.ts';
import { roleProblems, roleTable, unheldTools } from './roles.ts';
import { webhookList } from './webhooks.ts';
import { teamProblems, teamTable } from './teams.ts';
import { kubernetesSettings } from './kubernetes.ts';
import { checkDroverFile, readDroverFile } from './drover-yml.ts';
import { configWarning, isError, type ConfigProblem } from './problem.ts';
import type { DroverFile, DroverFileInput } from './schema.ts';

export interface SettingsSources {
  /** `drover.yml`, if there is one; `path` as it is shown to the person. */
  readonly file?: { readonly text: string; readonly path: string };
  /** From `loadEnvironment`, which has checked them. */
  readonly env?: {
    readonly defaultModel?: string;
    readonly parallelism?: number;
    readonly launcher?: Launcher;
  };
  /** What counts where nothing else is said, instead of the defaults. */
  readonly defaults?: DroverFileInput;
  /** Flags, in the form of `drover.yml`: `{ parallel: 5, gates: { conflict: 'auto' } }`. */
  readonly flags?: DroverFileInput;
}

export interface ResolvedSettings {
  /** Absent when there is an error. */
  readonly settings?: SwarmSettings;
  readonly problems: readonly ConfigProblem[];
}

type Commands = NonNullable<NonNullable<DroverFile['verify']>['build']>;

const projectCommands = (given: Commands | undefined): readonly ProjectCommand[] => {
  const list = given === undefined ? [] : typeof given === 'string' ? [given] : given;
  return list.map((command) => {
    const { run, name, timeout } = typeof command === 'string' ? { run: command } : command;
    return {
      name: name ?? clip(plainLine(run), 60),
      run,
      timeoutSeconds: timeout ?? COMMAND_SECONDS,
    };
  });
};

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `over` on top of `under`: groups are merged name by name, all else is replaced. */
const merged = <T>(under: T, over: T): T => {
  if (over === undefined) return under;
  if (!isGroup(under) || !isGroup(over)) return over;
  const names = [...new Set([...Object.keys(under), ...Object.keys(over)])];
  return Object.fromEntries(names.map((name) => [name, merged(under[name], over[name])])) as T;
};

/** Undefined fields are left out, so that equal settings have equal JSON. */
const toSettings = (file: DroverFile): SwarmSettings => {
  const { models, limits, workspace, verify, approval } = file;
  const byCategory = merged<Readonly<Record<string, string>>>(
    DEFAULTS.modelByCategory,
    models?.byCategory ?? {},
  );
  return {
    parallelism: file.parallel ?? DEFAULTS.parallelism,
    executor: file.executor ?? DEFAULTS.executor,
    ...(file.executorByCategory === undefined ? {} : { executorByCategory: file.executorByCategory }),
    ...(file.executors === undefined ? {} : { executors: executorTable(file.executors) }),
    roles: roleTable(file.roles),
    teams: teamTable(file.teams),
    ...(file.sandbox === undefined || file.sandbox.mode === 'off'
      ? {}
      : {
          sandbox: {
            mode: file.sandbox.mode,
            hosts: file.sandbox.hosts ?? [],
            read: file.sandbox.read ?? [],
          },
        }),
    ...(file.command === undefined ? {} : { command: file.command }),
    ...(file.launcher === undefined ? {} : { launcher: file.launcher }),
    ...(file.kubernetes === undefined ? {} : { kubernetes: kubernetesSettings(file.kubernetes) }),
    modelByCategory: models?.default === undefined ? byCategory : { ...byCategory, default: models.default },
    modelAliases: merged<SwarmSettings['modelAliases']>(DEFAULTS.modelAliases, models?.aliases ?? {}),
    prices: { ...DEFAULTS.prices, ...pricesOf(models?.prices ?? {}) },
    ...(file.budget === undefined ? {} : { budgetUsd: file.budget }),
    ...(models?.unpriced === undefined ? {} : { unpricedModels: models.unpriced }),
    retries: file.retries ?? DEFAULTS.retries,
    limits: {
      wallSeconds: merged<Readonly<Record<string, number>>>(DEFAULTS.limits.wallSeconds, limits?.wall ?? {}),
      graceSeconds: limits?.grace ?? DEFAULTS.limits.graceSeconds,
      logBytes: limits?.log ?? DEFAULTS.limits.logBytes,
      outputBytes: limits?.output ?? DEFAULTS.limits.outputBytes,
      turns: limits?.turns ?? DEFAULTS.limits.turns,
      tokens: limits?.tokens ?? DEFAULTS.limits.tokens,
      ...(limits?.memory === undefined ? {} : { memoryBytes: limits.memory }),
      ...(limits?.silence === undefined ? {} : { silenceSeconds: limits.silence }),
      ...(limits?.cost === undefined ? {} : { costUsd: limits.cost }),
    },
    setup: projectCommands(workspace?.setup),
    copyFiles: workspace?.copy ?? DEFAULTS.copyFiles,
    sparse: workspace?.sparse ?? DEFAULTS.sparse,
    portsPerAgent: workspace?.ports ?? DEFAULTS.portsPerAgent,
    cache: workspace?.cache ?? DEFAULTS.cache,
    freeDiskBytes: workspace?.freeDisk ?? DEFAULTS.freeDiskBytes,
    env: workspace?.env ?? DEFAULTS.env,
    passEnv: workspace?.passEnv ?? DEFAULTS.passEnv,
    build: projectCommands(verify?.build),
    test: projectCommands(verify?.test),
    ...(file.merge?.union === undefined ? {} : { merge: { union: file.merge.union } }),
    verifyParallel: verify?.parallel ?? DEFAULTS.verifyParallel,
    gates: merged<SwarmSettings['gates']>(DEFAULTS.gates, (file.gates ?? {}) as SwarmSettings['gates']),
    fixAttempts: file.fix?.attempts ?? DEFAULTS.fixAttempts,
    ...fixBudgetOf(file.fix),
    ...(file.webhooks === undefined ? {} : { webhooks: webhookList(file.webhooks) }),
    critic: file.planning?.critic ?? DEFAULTS.critic,
    backlog: {
      batch: file.backlog?.batch ?? DEFAULTS.backlog.batch,
      attempts: file.backlog?.attempts ?? DEFAULTS.backlog.attempts,
    },
    lessonTokens: file.lessons?.tokens ?? DEFAULTS.lessonTokens,
    context: {
      tokens: file.context?.tokens ?? DEFAULTS.context.tokens,
      files: file.context?.files ?? DEFAULTS.context.files,
    },
    approval: {
      reminderSeconds: approval?.reminder ?? DEFAULTS.approval.reminderSeconds,
      timeoutSeconds: approval?.timeout ?? DEFAULTS.approval.timeoutSeconds,
      onTimeout: approval?.onTimeout ?? DEFAULTS.approval.onTimeout,
    },
  };
};

const fixBudgetOf = ({ tokens, costUsd }: NonNullable<DroverFile['fix']> = {}): Pick<
  SwarmSettings,
  'fixBudget'
> =>
  tokens === undefined && costUsd === undefined
    ? {}
    : {
        fixBudget: {
          ...(tokens === undefined ? {} : { tokens }),
          ...(costUsd === undefined ? {} : { costUsd }),
        },
      };

type Prices = NonNullable<NonNullable<DroverFile['models']>['prices']>;

/** A price replaces a default one as a whole: half of an old price list would be neither. */
const pricesOf = (prices: Prices): SwarmSettings['prices'] =>
  Object.fromEntries(
    Object.entries(prices).map(([model, { longPrompt, ...price }]) => [
      model,
      longPrompt === undefined ? price : { ...price, longPrompt },
    ]),
  );

/** A model that has no alias may be meant; a slip in an alias looks the same. */
const unknownModels = (settings: SwarmSettings, source: string): ConfigProblem[] =>
  [...new Set(Object.values(settings.modelByCategory))]
    .filter((name) => !Object.hasOwn(settings.modelAliases, name) && !/[-/.:]/.test(name))
    .map((name) =>
      configWarning(
        source,
        `The model "${name}" is no alias (${Object.keys(settings.modelAliases).join(', ')}), so it is taken as a full model id`,
      ),
    );

export const resolveSettings = ({ file, env, flags, defaults }: SettingsSources): ResolvedSettings => {
  const fromFile = file === undefined ? { file: {}, problems: [] } : readDroverFile(file.text, file.path);
  const fromFlags = checkDroverFile(flags, 'command line');
  const problems = [...fromFile.problems, ...fromFlags.problems];
  if (fromFile.file === undefined || fromFlags.file === undefined || problems.some(isError))
    return { problems };
  const fromEnvironment: DroverFile = {
    ...(env?.parallelism === undefined ? {} : { parallel: env.parallelism }),
    ...(env?.launcher === undefined ? {} : { launcher: env.launcher }),
    ...(env?.defaultModel === undefined ? {} : { models: { default: env.defaultModel } }),
  };
  // `byCategory.default` and `default` are two ways to say one thing; the later source counts.
  const under = checkDroverFile(defaults, 'defaults').file ?? {};
  const layers = [under, fromFile.file, fromEnvironment, fromFlags.file].map(withOneDefault);
  const settings = toSettings(layers.reduce((lower, upper) => merged(lower, upper)));
  const source = file?.path ?? 'settings';
  const unknown = [
    ...executorProblems(settings, flags?.executor === undefined ? source : 'command line'),
    ...roleProblems(settings, source),
    ...teamProblems(settings, source),
  ];
  if (unknown.length > 0) return { problems: [...problems, ...unknown] };
  const warnings = [...unknownModels(settings, source), ...unheldTools(settings, source)];
  return { settings, problems: [...problems, ...warnings] };
};

const withOneDefault = (layer: DroverFile): DroverFile => {
  const inTable = layer.models?.byCategory?.default;
  if (inTable === undefined) return layer;
  return { ...layer, models: { default: inTable, ...layer.models } };
};
