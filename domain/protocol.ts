/**
 * What client, workflows and activities agree on: names of signals, updates, queries and search attributes, and
 * their payloads. One object as payload, so that a field can be added without breaking a running history.
 */
import type { AttemptNote, DependencyNote, FixRequest } from './agents/agent.ts';
import type { IndependentMode } from './swarm/comparison.ts';
import type { OutsideChanges } from './agents/declared-files.ts';
import type { DeliveryRequest, PullRequestRequest, PushRequest } from './delivery/delivery.ts';
import type { PlanEdit, PlanSource, PlanVersion } from './plan/plan.ts';
import type { DecisionAction, TaskState } from './swarm/swarm.ts';
import type { TeamRules } from './team/team.ts';
import type { Usage } from './models/usage.ts';
import type { Recurrence } from './swarm/recurrence.ts';
import type { Webhook } from './delivery/webhooks.ts';

export const WORKFLOWS = {
  swarm: 'swarm',
  team: 'team',
  agentTask: 'agentTask',
  delivery: 'delivery',
  followPullRequest: 'followPullRequest',
  scheduledSwarm: 'scheduledSwarm',
  backlog: 'backlog',
} as const;

export const SIGNALS = {
  approvePlan: 'approvePlan',
  rejectPlan: 'rejectPlan',
  resolveDecision: 'resolveDecision',
  pause: 'pause',
  resume: 'resume',
  setParallelism: 'setParallelism',
  cancelTask: 'cancelTask',
  retryTask: 'retryTask',
  killAgent: 'killAgent',
  messageAgent: 'messageAgent',
  pick: 'pick',
  discardTask: 'discardTask',
} as const;

/** What workflows tell each other; not for people. */
export const INTERNAL_SIGNALS = {
  /** Parent to child: tell the swarm your end by `taskEnded`, because its present run will not see it. */
  reportEnd: 'reportEnd',
  taskEnded: 'taskEnded',
  /** Child to parent: an attempt failed and the next one has begun. */
  nextAttempt: 'nextAttempt',
  /** Gateway to swarm: its budget is nearly or wholly used up. */
  budget: 'budget',
} as const;

export const UPDATES = {
  editPlan: 'editPlan',
  discuss: 'discuss',
  claimFiles: 'claimFiles',
  releaseFiles: 'releaseFiles',
  shareArtifact: 'shareArtifact',
  askHuman: 'askHuman',
  teamTask: 'teamTask',
} as const;

export const QUERIES = {
  state: 'state',
  plan: 'plan',
  planVersions: 'planVersions',
  tasks: 'tasks',
  decisions: 'decisions',
  mergeMatrix: 'mergeMatrix',
  attempts: 'attempts',
  comparison: 'comparison',
  following: 'following',
  team: 'team',
  backlog: 'backlog',
} as const;

/** Typed search attributes; registered by `drover up`. */
export const SEARCH_ATTRIBUTES = {
  phase: 'DroverPhase',
  repository: 'DroverRepository',
  awaitingDecision: 'DroverAwaitingDecision',
  costUsd: 'DroverCostUsd',
} as const;

/** Input of the `swarm` workflow. */
export interface SwarmInput {
  readonly swarmId: string;
  readonly goal: string;
  /** Absolute path of the user's repository on the host. */
  readonly repository: string;
  /** Branch, tag or commit to start from; the repository's HEAD when absent. */
  readonly base?: string;
  readonly planSource: PlanSource;
  /** Artifact key of the `SwarmSettings`. */
  readonly settingsKey: string;
  /** Approve the first plan without asking. */
  readonly approve: boolean;
  /** All tasks answer the same prompt; one of their branches becomes the result. @default absent: all are merged */
  readonly independent?: IndependentMode;
  /** Of the `team` workflow: a lead makes the plan as it goes on. */
  readonly team?: TeamRules;
  /** What is done with the result besides its own branch. */
  readonly delivery?: DeliveryRequest;
  /** Who is told of it; read from the history by whoever tells. */
  readonly webhooks?: readonly Webhook[];
  /**
   * Events of history after which the workflow continues as new.
   * @default 4096, or when the server suggests it
   */
  readonly continueAsNewAfter?: number;
}

export interface ApprovePlan {
  /** Refused when a newer version is on the table. @default the newest */
  readonly version?: number;
}
export interface RejectPlan {
  readonly feedback: string;
}
export interface ResolveDecision {
  readonly id: string;
  readonly action: DecisionAction;
  readonly feedback?: string;
  /** One of the decision's choices. @default the recommended one */
  readonly choice?: string;
}
export interface SetParallelism {
  readonly parallelism: number;
}
export interface TaskRef {
  readonly taskId: string;
}
export interface KillAgent {
  readonly agentId: string;
  readonly reason?: string;
}
/** Picks the answer of an agent in independent mode. */
export interface PickAnswer {
  readonly agent: string;
  readonly feedback?: string;
}
export interface MessageAgent {
  readonly agentId: string;
  readonly text: string;
}

export interface EditPlan {
  readonly edits: readonly PlanEdit[];
}
export interface EditPlanResult {
  readonly version: number;
  readonly warnings: readonly string[];
}
/** A word to the planner that is not yet a rejection; answered with a new version. */
export interface Discuss {
  readonly text: string;
}
export interface FileClaims {
  readonly agentId: string;
  readonly paths: readonly string[];
}
export interface FileClaimsResult {
  readonly claimed: readonly string[];
  /** Paths that another agent holds, with its id. */
  readonly refused: readonly { readonly path: string; readonly owner: string }[];
}
export interface ShareArtifact {
  readonly agentId: string;
  readonly name: string;
  /** Artifact key; the content is in the run directory. */
  readonly key: string;
}
/** A question of an agent to a person. The same question of the same task is asked once. */
export interface AskHuman {
  readonly agentId: string;
  /** At most 2,000 characters. */
  readonly question: string;
  /** At most 6,000 characters. */
  readonly details?: string;
}
export interface AskedHuman {
  readonly decisionId: string;
}
/** A member of a team and a task of its shared list. */
export interface TeamTaskChange {
  /** Of the member's agent. */
  readonly agentId: string;
  readonly operation: 'claim' | 'release' | 'done';
  readonly taskId: string;
}
export interface TeamTaskResult {
  readonly ok: boolean;
  /** Why not, and the list as it is now. */
  readonly text: string;
}
export interface TasksQuery {
  readonly from?: number;
  /** @default 200, at most 1,000 */
  readonly limit?: number;
  readonly states?: readonly TaskState[];
}
export interface PlanVersionsView {
  readonly versions: readonly PlanVersion[];
}

/** Input of the `scheduledSwarm` workflow: a Temporal Schedule starts it with nothing but this. */
export interface ScheduledInput {
  readonly schedule: string;
  /** Key of what its swarms are started with, in the store. */
  readonly definition: string;
  /** For people who look at the schedule or change it; absent in those that older versions made. */
  readonly shown?: ShownSchedule;
}

/** What Temporal does not tell of a schedule, or tells in another form: it takes cron expressions apart. */
interface ShownSchedule extends Recurrence {
  /** Its beginning. */
  readonly goal: string;
  readonly repository: string;
}

/** Input of the `delivery` workflow: work of a swarm goes where a person wants it. */
export interface DeliveryInput {
  readonly swarmId: string;
  readonly host: string;
  readonly repository: string;
  readonly settingsKey: string;
  readonly goal: string;
  /** What is delivered. */
  readonly commit: string;
  /** What people call it: the branch of the result, or a task. */
  readonly name: string;
  /** The branch that the swarm started from. */
  readonly baseBranch: string;
  readonly request: DeliveryRequest;
}

/** Input of the `followPullRequest` workflow. */
export interface FollowInput extends Omit<DeliveryInput, 'request'> {
  readonly push: PushRequest;
  readonly pullRequest: PullRequestRequest;
  /** Agents that may take feedback up, one after the other. */
  readonly attempts: number;
  readonly everySeconds: number;
}

/** Answer of the `following` query, and result of `followPullRequest`. */
export interface Following {
  readonly swarmId: string;
  /** `owner/name#1`; absent until it is open. */
  readonly where?: string;
  readonly url?: string;
  readonly state: 'opening' | 'watching' | 'working' | 'ended';
  /** Swarms that took feedback up, oldest first. */
  readonly followUps: readonly string[];
  readonly attempts: number;
  /** Why it ended. */
  readonly reason?: string;
}

/** What a person is shown of it. */
export interface FollowedPullRequest extends Omit<Following, 'state'> {
  /** `none`: nobody has asked for it, or it is long over. */
  readonly state: Following['state'] | 'none';
  /** The follow-up at work asks this; nothing happens until it is answered. */
  readonly waiting?: {
    readonly swarmId: string;
    readonly decisions: readonly { readonly id: string; readonly question: string }[];
  };
}

/** Input of the `agentTask` workflow. Small: a parent's history holds it once per task. */
export interface AgentTaskInput {
  readonly swarmId: string;
  readonly taskId: string;
  /** Place in the plan; names agents and branches. */
  readonly ordinal: number;
  readonly host: string;
  readonly planKey: string;
  readonly settingsKey: string;
  readonly baseCommit: string;
  /** @default none */
  readonly dependencies?: readonly DependencyNote[];
  /** First attempt's number: a task that is retried by a person goes on counting. @default 1 */
  readonly firstAttempt?: number;
  /** @default none */
  readonly previous?: readonly AttemptNote[];
  readonly fix?: FixRequest;
  /**
   * The workflow is on its host's own task queue and does its short steps within its own steps, without a way over
   * the server. Absent in tasks that an earlier version started.
   */
  readonly onHost?: true;
}

/** Result of the `agentTask` workflow. Small, as its input is. */
export interface AgentTaskOutcome {
  readonly state: Extract<TaskState, 'completed' | 'failed' | 'timeout' | 'cancelled'>;
  /** Absent when the task was allowed to change nothing and did so. */
  readonly commit?: string;
  /** Changed besides the files that the task declared. */
  readonly outside?: OutsideChanges;
  /** Attempts that were made, counted from the first one of this workflow. */
  readonly attempts: number;
  /** What went wrong in the last of them; absent when the task is completed. */
  readonly failures?: readonly AttemptNote[];
  /** At most 500 characters. */
  readonly note: string;
  /** Absent when nothing was used. */
  readonly usage?: Usage;
}

export interface TaskEnded {
  /** Workflow that ended. */
  readonly workflowId: string;
  readonly firstAttempt: number;
  readonly outcome: AgentTaskOutcome;
}

/** Micro-dollars. */
export interface BudgetNotice {
  /** `spent` is no news for people: it keeps the cost that Temporal shows up to date. */
  readonly kind: 'warning' | 'reached' | 'spent';
  readonly limitMicros: number;
  readonly spentMicros: number;
  /** What the next call may cost at most; 0 when none was refused. */
  readonly neededMicros: number;
}

export interface NextAttempt {
  readonly workflowId: string;
  readonly attempt: number;
  /** What it waits for before it can begin; empty when it waits no longer. */
  readonly waiting?: string;
}
