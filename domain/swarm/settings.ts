/**
 * The settings of one swarm: `drover.yml`, environment and flags, merged and checked by `config/`, stored as one
 * artifact and fixed for the life of the swarm (what may change while it runs has a signal).
 */
import type { BacklogSettings } from '../backlog/settings.ts';
import type { ModelPrice } from '../models/price.ts';
import type { CachePlace } from '../agents/build-caches.ts';
import type { RoleTable } from '../agents/roles.ts';
import type { Webhook } from '../delivery/webhooks.ts';
import type { TeamTemplate } from '../team/team.ts';
import type { KubernetesSettings, Launcher } from '../agents/pod.ts';

export const GATE_KINDS = [
  'plan',
  'task',
  'conflict',
  'build',
  'test',
  'phase',
  'pick',
  'budget',
  'files',
  'claims',
  'question',
] as const;
export type GateKind = (typeof GATE_KINDS)[number];
type NewerGate = 'pick' | 'budget' | 'files' | 'claims' | 'question';

/** `ask` waits for a person; `auto` approves; `skip` rejects; `fail` ends the swarm. */
export const GATE_POLICIES = ['ask', 'auto', 'skip', 'fail'] as const;
export type GatePolicy = (typeof GATE_POLICIES)[number];

/** A command of the project, run by `sh -c` at the root of a checkout. */
export interface ProjectCommand {
  readonly name: string;
  readonly run: string;
  readonly timeoutSeconds: number;
}

export interface AgentLimits {
  /** Wall time of one attempt, by model alias (`haiku`, `sonnet`, `opus`) with `default` as the last resort. */
  readonly wallSeconds: Readonly<Record<string, number>>;
  /** Between the polite signal and SIGKILL. */
  readonly graceSeconds: number;
  /** What is kept of an agent's output, in bytes; the rest is dropped with a notice in the log. */
  readonly logBytes: number;
  /** An agent that prints more than this is ended, in bytes. */
  readonly outputBytes: number;
  /** Turns of the `api` executor. */
  readonly turns: number;
  /** Input and output tokens of one attempt of the `api` executor, cache reads not counted. */
  readonly tokens: number;
  /** The most that one attempt may cost, in US dollars; absent for no limit. */
  readonly costUsd?: number;
  /** Memory of all processes of one agent; absent for no limit. No agent starts while less is free. */
  readonly memoryBytes?: number;
  /** An agent that says nothing for this long is reported, in its log and in `drover status`. @default 600 */
  readonly silenceSeconds?: number;
}

/** What one executor's agents may use. */
export type ExecutorLimits = Partial<
  Pick<AgentLimits, 'outputBytes' | 'turns' | 'tokens' | 'costUsd' | 'memoryBytes' | 'silenceSeconds'>
> & { readonly wallSeconds?: number };

/** How agents can think, by name. Others are declared in `SwarmSettings.executors`. */
export const EXECUTORS = [
  'api',
  'command',
  'claude',
  'codex',
  'gemini',
  'hybrid',
  'agent-teams',
  'acp',
] as const;
/** What a declared executor is: one of those under another name, or any program (`cli`). */
export const EXECUTOR_KINDS = [...EXECUTORS, 'cli'] as const;
export type ExecutorKind = (typeof EXECUTOR_KINDS)[number];

/**
 * Why `hybrid` goes on with a CLI: the API refused or failed for good, cannot be reached or has no key, or the turns
 * or tokens of the attempt are used up.
 */
export const FALLBACK_CAUSES = ['refused', 'unavailable', 'limits'] as const;
export type FallbackCause = (typeof FALLBACK_CAUSES)[number];

/** What is particular to one executor, by its name in `SwarmSettings.executors`. */
export interface ExecutorSettings {
  /** @default the executor of that name, or `cli` */
  readonly kind?: ExecutorKind;
  /** The program; found in the usual places when absent. A name without a slash is looked for on the PATH. */
  readonly path?: string;
  /** Further arguments for it. */
  readonly args?: readonly string[];
  /** On top of the agent's environment. Never secrets: it is stored with the swarm. */
  readonly env?: Readonly<Record<string, string>>;
  /** `gateway` gives it a token of Drover's gateway, `own` leaves it to the login that the program has. */
  readonly login?: 'gateway' | 'own';
  /** `all` lets it do everything without asking; `edits` lets it change the workspace and denies the rest. */
  readonly permissions?: 'all' | 'edits';
  /** For `claude` and `agent-teams`: by the Agent SDK instead of the command line. @default false */
  readonly sdk?: boolean;
  /** Model for tasks that name none: an alias or a full id. */
  readonly model?: string;
  readonly modelByCategory?: Readonly<Record<string, string>>;
  /** For `acp`: the mode of its sessions, by the agent's own name for it. */
  readonly mode?: string;
  /** For `hybrid`: who goes on when the API cannot. @default 'claude' */
  readonly fallback?: 'claude' | 'codex' | 'gemini';
  /** For `hybrid`: on what. @default FALLBACK_CAUSES without `limits` */
  readonly on?: readonly FallbackCause[];
  /** How a `cli` gets its task. @default 'stdin' */
  readonly prompt?: 'argument' | 'stdin' | 'file';
  /** What a `cli` says at its end: the text it printed, or JSON in its last line. @default 'text' */
  readonly result?: 'text' | 'json';
  /** Where in that JSON the summary is, such as `result.text`. */
  readonly resultPath?: string;
  /** Where in that JSON it says that it failed: any value but false, null and an empty text. */
  readonly errorPath?: string;
  /** Of its agents, where they are others than those of the swarm. */
  readonly limits?: ExecutorLimits;
}

export const SANDBOX_MODES = ['off', 'auto', 'required'] as const;

export interface SandboxSettings {
  /** `auto` makes one where the machine can, `required` lets no agent run without. */
  readonly mode: (typeof SANDBOX_MODES)[number];
  /** Hosts that agents may reach besides the gateway: a name, `*.name`, or either with a port (else 80 and 443). */
  readonly hosts: readonly string[];
  /** Further paths that agents may read, such as a tool chain in the home directory. */
  readonly read: readonly string[];
}

/** In US dollars. */
export interface SharedBudget {
  /** For all swarms of the run. */
  readonly limitUsd: number;
  /** By those before this one. */
  readonly spentUsd: number;
}

export interface SwarmSettings {
  /** Agents at once. */
  readonly parallelism: number;
  readonly executor: string;
  /** By task category; `fixing` for those that repair conflicts and red builds. */
  readonly executorByCategory?: Readonly<Record<string, string>>;
  /** By the name of the executor. */
  readonly executors?: Readonly<Record<string, ExecutorSettings>>;
  /** Those that come with Drover and those of `drover.yml`. Absent in swarms that are older than they. */
  readonly roles?: RoleTable;
  /** Templates by name. */
  readonly teams?: Readonly<Record<string, TeamTemplate>>;
  /** No sandbox when absent. */
  readonly sandbox?: SandboxSettings;
  /** Shell command of the `command` executor for tasks that have none of their own. */
  readonly command?: string;
  /** Where agents run. @default 'process' */
  readonly launcher?: Launcher;
  /** Their pods, for `kubernetes`. */
  readonly kubernetes?: KubernetesSettings;
  /** Model alias by task category, with `default`. */
  readonly modelByCategory: Readonly<Record<string, string>>;
  /** Full model id by alias. */
  readonly modelAliases: Readonly<Record<string, string>>;
  /** By full model id. A model that is missing costs "unknown", never 0. */
  readonly prices: Readonly<Record<string, ModelPrice>>;
  /** Further attempts after the first one of a task fails. */
  /** The most that all models may cost, in US dollars; absent for no limit. */
  readonly budgetUsd?: number;
  /** Of a swarm that shares its money with the others of a run through a backlog; `budgetUsd` is what is left of it. */
  readonly sharedBudget?: SharedBudget;
  /** Models without a price: refused by the gateway unless allowed. @default refuse */
  readonly unpricedModels?: 'refuse' | 'allow';
  readonly retries: number;
  readonly limits: AgentLimits;
  /** Shell commands that make a fresh workspace usable, such as `npm ci`. */
  readonly setup: readonly ProjectCommand[];
  /** Untracked files of the user's checkout that each workspace gets a copy of, such as `.env.example`. */
  readonly copyFiles: readonly string[];
  /** Directories of a sparse checkout; empty for the whole tree. */
  readonly sparse: readonly string[];
  /** Free loopback ports given to each agent as `DROVER_PORT_0`…; `PORT` is the first. */
  readonly portsPerAgent: number;
  /** Where build tools keep what agents, or verifications, share; the user's own caches when absent. */
  readonly cache?: CachePlace;
  /** No workspace is made while the disk has less free space than this, in bytes. @default 0 */
  readonly freeDiskBytes?: number;
  /** Environment added for agents and project commands. Never secrets: it is stored with the swarm. */
  readonly env: Readonly<Record<string, string>>;
  /** Names of the variables of Drover's own environment that agents may see, besides PATH, HOME and locale. */
  readonly passEnv: readonly string[];
  readonly build: readonly ProjectCommand[];
  readonly test: readonly ProjectCommand[];
  /** Checkouts that are verified at the same time, at most one per core. @default 1 */
  readonly verifyParallel?: number;
  /** The newer kinds are absent in the settings of swarms that are older than they. */
  readonly gates: Readonly<Record<Exclude<GateKind, NewerGate>, GatePolicy>> & {
    readonly [kind in NewerGate]?: GatePolicy;
  };
  /** What the planner and each agent are told of earlier swarms on the repository, in tokens at most. @default 0 */
  readonly lessonTokens?: number;
  /** What each agent is told besides its task. @default nothing */
  readonly context?: {
    readonly tokens: number;
    /** Files of the repository that every agent is told, besides AGENTS.md and the like. */
    readonly files: readonly string[];
  };
  /** A critic looks at plans of a model before a person does. @default false */
  readonly critic?: boolean;
  /** Of a run through the backlog. @default as in `config/defaults.ts` */
  readonly backlog?: BacklogSettings;
  readonly merge?: {
    /** Lists (by path, or by name anywhere) of which both sides' added lines are kept when they conflict. */
    readonly union: readonly string[];
  };
  /** Attempts of fixing agents at one gate before it must be a person's decision again. */
  readonly fixAttempts: number;
  /** What fixing agents at one gate may use together before it must be a person's decision again. */
  readonly fixBudget?: { readonly tokens?: number; readonly costUsd?: number };
  /** Absent for none. */
  readonly webhooks?: readonly Webhook[];
  readonly approval: {
    /** After this long without an answer the swarm shows a reminder; 0 for never. */
    readonly reminderSeconds: number;
    /** 0 waits for ever. */
    readonly timeoutSeconds: number;
    readonly onTimeout: 'cancel' | 'approve';
  };
}
