/**
 * A plan: what the tasks of a swarm are and which of them wait for which. Pure data; what is wrong with a plan
 * is found by `problems.ts`, how two versions differ by `diff.ts`, edits by `edits.ts`.
 */

export const TASK_PHASES = ['design', 'implementation', 'testing'] as const;

/** Everything a plan says of one task. All times are in seconds. */
export interface Task {
  /** Unique in the plan, `^[a-z0-9][a-z0-9-]{0,39}$`. */
  readonly id: string;
  /** One line for people, at most 120 characters. */
  readonly title: string;
  /** What is to be done, for the agent. At most 20,000 characters. */
  readonly description: string;
  /** Ids of the tasks whose merged result this one starts from. */
  readonly dependsOn: readonly string[];
  /** 1 is the most urgent. @default 2 */
  readonly priority: number;
  /** Chooses the model (`testing`, `documentation`, `frontend`…). @default 'default' */
  readonly category: string;
  /** Paths or globs this task expects to change; two parallel tasks with a path in common are reported. */
  readonly files: readonly string[];
  /** Overrides of the swarm's settings. */
  readonly executor?: string;
  readonly model?: string;
  /** Shell command for the `command` executor. */
  readonly command?: string;
  /** Shell command that must succeed in the workspace before the task counts as done, and in the merged tree. */
  readonly acceptance?: string;
  readonly timeoutSeconds?: number;
  /** Further attempts after the first one fails. */
  readonly retries?: number;
  /** A task that may end without changing a file (a check, a review). @default false */
  readonly allowEmpty?: boolean;
  /** A role by name, or `auto` for the one that the words of the task speak of. @default none */
  readonly role?: string;
  /** Its agent changes nothing: what it leaves in its workspace is dropped. @default as its role says */
  readonly readOnly?: boolean;
  /** One of `TASK_PHASES`; for people, the order comes from the dependencies. */
  readonly phase?: string;
  /** What one agent needs for it, as far as anybody can say. */
  readonly estimateMinutes?: number;
}

/** What a workflow keeps of each task: enough to schedule it, nothing that is long. */
export type TaskOutline = Pick<Task, 'id' | 'title' | 'dependsOn' | 'priority'> & {
  /** It has an acceptance command. */
  readonly accepts?: true;
};

export interface Plan {
  readonly goal: string;
  /** How the goal is reached, in a few sentences. At most 4,000 characters. */
  readonly summary: string;
  readonly tasks: readonly Task[];
}

/** Where a plan comes from. A `file` was read and checked by the client and stored under `key`. */
export type PlanSource = { readonly kind: 'file'; readonly key: string } | { readonly kind: 'model' };

/** One way in which a plan differs from the version before it. */
export interface PlanChange {
  readonly kind: 'added' | 'removed' | 'changed';
  readonly taskId: string;
  /** Names of the fields that differ, for `changed`. */
  readonly fields?: readonly (keyof Task)[];
}

type PlanState = 'proposed' | 'rejected' | 'approved' | 'superseded';

/** One version of a swarm's plan. The plan itself is the artifact `key`. */
export interface PlanVersion {
  readonly version: number;
  readonly key: string;
  readonly state: PlanState;
  readonly taskCount: number;
  readonly summary: string;
  /** Against the version before. Capped at 100 entries. */
  readonly changes: readonly PlanChange[];
  /** What a person should know before approving: overlapping files, defaults taken. Capped at 50. */
  readonly warnings: readonly string[];
  /** Why it was rejected. */
  readonly feedback?: string;
  /** `file`, `model` or `edit`. */
  readonly origin: 'file' | 'model' | 'edit';
  /** How long it takes and what it costs; absent in versions of an older Drover. */
  readonly forecast?: PlanForecast;
}

/** What can be said of a plan before it runs. */
export interface PlanForecast {
  /** The chain that no number of agents makes shorter, at most 50 ids. */
  readonly criticalPath: readonly string[];
  readonly criticalSeconds: number;
  /** Of all tasks one after the other. */
  readonly totalSeconds: number;
  /** With as many agents at once as the settings say. */
  readonly expectedSeconds: number;
  /** US dollars; absent when no model works on it, or the price of one is not known. */
  readonly costUsd?: number;
  /** Where the times come from, the least certain of them. */
  readonly basis: 'estimates' | 'earlier runs' | 'guess';
}

/** One change to a plan, made by a person while it is a draft or while the swarm runs. */
export type PlanEdit =
  | { readonly kind: 'add'; readonly task: Task }
  | { readonly kind: 'modify'; readonly taskId: string; readonly set: Partial<Omit<Task, 'id'>> }
  | { readonly kind: 'remove'; readonly taskId: string }
  /** Replaces a task by several; dependents of the old one wait for all of the new ones. */
  | { readonly kind: 'split'; readonly taskId: string; readonly into: readonly Task[] }
  /** Sets priorities so that the named tasks come in this order. */
  | { readonly kind: 'reorder'; readonly taskIds: readonly string[] };

/** A finding about a plan. An `error` makes the plan unusable, a `warning` is shown to the person. */
export interface PlanProblem {
  readonly severity: 'error' | 'warning';
  readonly taskId?: string;
  /** The field of the task that it is about. */
  readonly field?: keyof Task;
  /** What, why and what to do, in one sentence or two. */
  readonly message: string;
}

export const PLAN_LIMITS = {
  tasks: 10_000,
  titleLength: 120,
  descriptionLength: 20_000,
  summaryLength: 4_000,
  goalLength: 20_000,
} as const;
