/**
 * What a swarm knows. `SwarmState` is all of it that must survive; it is plain JSON but for the task records,
 * which `carry` packs. `Swarm` adds what lives only in the present run.
 */
import type { OpenedSwarm } from '../../activities/contract/start.ts';
import type { Comparison } from '../../domain/swarm/comparison.ts';
import type { DeliveryResult } from '../../domain/delivery/delivery.ts';
import type { MergeTrain } from '../../domain/train/train.ts';
import { packTasks, unpackTasks, type PackedTasks } from '../../domain/swarm/packed-tasks.ts';
import type { PlanVersion, TaskOutline } from '../../domain/plan/plan.ts';
import type {
  ApprovePlan,
  BudgetNotice,
  EditPlan,
  EditPlanResult,
  KillAgent,
  MessageAgent,
  NextAttempt,
  PickAnswer,
  RejectPlan,
  ResolveDecision,
  SetParallelism,
  SwarmInput,
  TaskEnded,
  TaskRef,
} from '../../domain/protocol.ts';
import type { Report } from '../../domain/report/report.ts';
import type { Schedule } from '../../domain/swarm/schedule.ts';
import type { SwarmSettings } from '../../domain/swarm/settings.ts';
import type { Decision, Phase, SwarmView } from '../../domain/swarm/swarm.ts';
import { newTaskRecord, type TaskRecord } from '../../domain/swarm/task-record.ts';
import type { TeamState } from '../../domain/team/team.ts';
import { NO_USAGE, type Usage } from '../../domain/models/usage.ts';

/** A signal that has arrived and is not yet acted on. */
export type Message =
  | ({ readonly kind: 'approvePlan' } & ApprovePlan)
  | ({ readonly kind: 'rejectPlan' } & RejectPlan)
  | ({ readonly kind: 'resolveDecision' } & ResolveDecision)
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  | ({ readonly kind: 'setParallelism' } & SetParallelism)
  | ({ readonly kind: 'cancelTask' } & TaskRef)
  | ({ readonly kind: 'retryTask' } & TaskRef)
  | ({ readonly kind: 'discardTask' } & TaskRef)
  | ({ readonly kind: 'killAgent' } & KillAgent)
  | ({ readonly kind: 'messageAgent' } & MessageAgent)
  | ({ readonly kind: 'pick' } & PickAnswer)
  | ({ readonly kind: 'nextAttempt' } & NextAttempt)
  | { readonly kind: 'budget'; readonly notice: BudgetNotice };

/** An `agentTask` child that has been started and has not ended. */
export interface Child {
  readonly workflowId: string;
  readonly taskId: string;
  readonly ordinal: number;
  readonly firstAttempt: number;
  readonly purpose: 'task' | 'fix';
  attempt: number;
  /** `own`: this run sees its end. `adopted`: started by an earlier run, it reports its end by a signal. */
  standing: 'starting' | 'own' | 'adopted';
  /** It has been asked to stop. */
  stopping: boolean;
}

export interface EndedChild extends TaskEnded {
  readonly taskId: string;
  readonly purpose: Child['purpose'];
}

/** The settings that the workflow itself goes by. */
export type Rules = Pick<
  SwarmSettings,
  'gates' | 'fixAttempts' | 'fixBudget' | 'approval' | 'sharedBudget'
> & {
  readonly verifies: boolean;
  /** Verifications at once, while a red batch is taken apart. */
  readonly probes?: number;
};

export interface SwarmState {
  phase: Phase;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  endedAt?: number;
  reason?: string;
  opened?: Pick<OpenedSwarm, 'host' | 'directory' | 'baseBranch' | 'baseCommit'>;
  rules?: Rules;
  paused: boolean;
  parallelism: number;
  /** Oldest first. */
  versions: readonly PlanVersion[];
  tasks: Map<string, TaskRecord>;
  /** Tasks that are completed. */
  completed: number;
  nextOrdinal: number;
  nextFix: number;
  inbox: Message[];
  children: Child[];
  /** Ended children whose end has not been acted on. */
  ended: EndedChild[];
  nextDecision: number;
  openDecisions: readonly Decision[];
  /** Answered and acted on, in the order of their ids. */
  pastDecisions: readonly Decision[];
  /** Of planning and the report; tasks carry their own. */
  overhead: Usage;
  train?: MergeTrain;
  /** In independent mode, once the agents have ended. */
  comparison?: Comparison;
  /** The newest landed tasks, at most 200. */
  landedTasks: readonly string[];
  landings: Report['landings'];
  verifications: Report['verifications'];
  semanticConflicts?: Report['semanticConflicts'];
  /** Pages of the report that are stored already. */
  resultKeys: readonly string[];
  matrixKeys: readonly string[];
  /** The newest word that the money is used up. */
  budgetNotice?: BudgetNotice;
  /** As the gateway last told, with what running agents have spent so far. */
  spentMicros?: number;
  /** A person has ended the spending: no model is called any more. */
  budgetClosed?: boolean;
  /** How often the policy of the gate has raised the budget. */
  budgetRaises?: number;
  /** Owner by path. */
  claims: Record<string, string>;
  shared: Record<string, { readonly agentId: string; readonly key: string }>;
  warnings: readonly string[];
  result?: SwarmView['result'];
  reportPath?: string;
  /** Of the `team` workflow. */
  team?: TeamState;
  /** How long persons have been asked, in milliseconds, without the time since `askedSince`. Of a team. */
  personsMs?: number;
  /** Milliseconds since the epoch. */
  askedSince?: number;
  delivered?: DeliveryResult;
  /** What an earlier run has shown last, until this one has its tasks. */
  seen?: Pick<SwarmView, 'counts' | 'landed' | 'usage'>;
}

/** A request that waits for its answer: an update's handler is alive until `settle` is called. */
export interface PlanRequest {
  readonly request:
    ({ readonly kind: 'edit' } & EditPlan) | { readonly kind: 'discuss'; readonly text: string };
  settle(answer: EditPlanResult | Error): void;
}

export interface Swarm {
  readonly input: SwarmInput;
  readonly state: SwarmState;
  /** Something has happened that the main loop should look at. */
  news: boolean;
  /** Edits and words about the plan, in order of arrival. */
  readonly planRequests: PlanRequest[];
  /** While tasks are executed. */
  schedule?: Schedule;
  /** The tasks that an earlier run has carried are not there yet. */
  loading: boolean;
  /** What has been passed on to agents so far: the server keeps the order of signals only one at a time. */
  forwarded: Promise<void>;
  /** Signals and cancellations to agents that the server has not confirmed: a run that ended now would lose them. */
  underWay: number;
}

export type CarriedSwarm = Omit<SwarmState, 'tasks'> & { readonly tasks: PackedTasks };
/** The input of a run that continues an earlier one. */
export type ContinuedInput = SwarmInput & { readonly carried?: CarriedSwarm };

const MAX_WARNINGS = 50;
/** Placeholder until the settings are known. */
const INITIAL_PARALLELISM = 1;

export const newSwarmState = (startedAt: number): SwarmState => ({
  phase: 'planning',
  startedAt,
  paused: false,
  parallelism: INITIAL_PARALLELISM,
  versions: [],
  tasks: new Map(),
  completed: 0,
  nextOrdinal: 0,
  nextFix: 1,
  inbox: [],
  children: [],
  ended: [],
  nextDecision: 1,
  openDecisions: [],
  pastDecisions: [],
  overhead: NO_USAGE,
  landedTasks: [],
  landings: [],
  verifications: [],
  resultKeys: [],
  matrixKeys: [],
  claims: {},
  shared: {},
  warnings: [],
});

export const carry = (state: SwarmState): CarriedSwarm => ({
  ...state,
  tasks: packTasks([...state.tasks.values()], state.startedAt),
});

/** @param outlines the newest plan's tasks, in its order */
export const unpack = (carried: CarriedSwarm, outlines: readonly TaskOutline[]): SwarmState['tasks'] =>
  new Map(unpackTasks(carried.tasks, outlines, carried.startedAt).map((task) => [task.outline.id, task]));

/** Task records for another version of the plan: what is known stays, what is new gets the next ordinal. */
export const adoptOutlines = (state: SwarmState, outlines: readonly TaskOutline[]): void => {
  const known = state.tasks;
  state.tasks = new Map(
    outlines.map((outline) => {
      const record = known.get(outline.id) ?? newTaskRecord(outline, state.nextOrdinal++);
      record.outline = outline;
      return [outline.id, record];
    }),
  );
};

export const newestVersion = (state: SwarmState): PlanVersion | undefined => state.versions.at(-1);

export const warn = (state: SwarmState, text: string): void => {
  if (state.warnings.length < MAX_WARNINGS && !state.warnings.includes(text))
    state.warnings = [...state.warnings, text];
};
