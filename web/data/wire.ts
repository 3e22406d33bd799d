/** Answers of the API that are not already a type of the domain. */
import type { FeatureCounts } from '../../domain/backlog/backlog.ts';
import type { AgentOutcome } from '../../domain/agents/agent.ts';
import type { Overlap, Recurrence } from '../../domain/swarm/recurrence.ts';
import type { SwarmStart } from '../../domain/swarm/start.ts';
import type { Phase } from '../../domain/swarm/swarm.ts';
import type { TeamView } from '../../domain/team/view.ts';
import type { Usage } from '../../domain/models/usage.ts';

/** A line of the list of swarms. */
export interface SwarmSummary {
  readonly id: string;
  /** Its beginning, where it is known. */
  readonly goal?: string;
  readonly phase: Phase;
  readonly running: boolean;
  readonly repository: string;
  readonly awaitingDecision: boolean;
  readonly costUsd: number;
  readonly startedAt: string;
  readonly endedAt?: string;
  /** A lead leads it. */
  readonly team?: true;
  /** Known from its report alone: Temporal's retention is over. */
  readonly archived: boolean;
}

export interface AgentRecord {
  readonly agentId: string;
  readonly taskId: string;
  readonly executor?: string;
  readonly model?: string;
  /** What it is to repair, when it is not a task's own agent. */
  readonly fixes?: 'conflict' | 'build' | 'test';
  /** Undefined while it is at work. */
  readonly outcome?: AgentOutcome;
  readonly summary?: string;
  readonly usage?: Usage;
  readonly startedAt?: string;
  readonly endedAt?: string;
}

/** Of all swarms. */
export interface Costs {
  readonly totalUsd: number;
  readonly byDay: readonly { readonly day: string; readonly costUsd: number; readonly swarms: number }[];
  readonly bySwarm: readonly { readonly id: string; readonly startedAt: string; readonly costUsd: number }[];
  readonly byRepository: readonly {
    readonly repository: string;
    readonly costUsd: number;
    readonly swarms: number;
  }[];
  readonly byModel: readonly CostLine[];
  readonly byAgent: readonly { readonly swarmId: string; readonly agentId: string; readonly usage: Usage }[];
  readonly budgets: readonly (Budget & { readonly swarmId: string })[];
}

export interface CostLine {
  readonly name: string;
  readonly usage: Usage;
}

/** US dollars. */
export interface Budget {
  readonly limitUsd: number;
  readonly spentUsd: number;
  /** The most that the calls under way can cost. */
  readonly reservedUsd: number;
}

/** Of one swarm. */
export interface SwarmCosts {
  readonly budget?: Budget;
  readonly byTask: readonly CostLine[];
  readonly byModel: readonly CostLine[];
  readonly byAgent: readonly CostLine[];
}

/** Of `GET /api/teams/{id}`. */
export interface TeamAnswer {
  readonly team: TeamView;
}

/** Of `GET /api/features/repositories`. */
export interface Backlog {
  readonly repository: string;
  readonly counts: FeatureCounts;
}

/** Of `POST /api/features`. */
export interface AddedFeatures {
  readonly added: readonly { readonly id: number; readonly name: string }[];
  /** Those that were there already. */
  readonly known: readonly string[];
}

/** What `POST /api/features/run` takes. */
export interface RunBacklog {
  readonly repository: string;
  /** In the form of `drover.yml`. */
  readonly config?: unknown;
}

/** Of `GET /api/schedules`. */
export interface Schedule {
  readonly name: string;
  readonly goal: string;
  readonly repository: string;
  /** In words. */
  readonly when: string;
  /** IANA name; UTC when absent. */
  readonly timezone?: string;
  readonly paused: boolean;
  readonly note: string;
  /** The nearest first. */
  readonly next: readonly string[];
  /** The newest last. */
  readonly recent: readonly { readonly swarmId: string; readonly startedAt: string }[];
}

/** Of `GET /api/schedules/{name}`. */
export interface ScheduleDetails extends Schedule, Recurrence {
  readonly overlap: Overlap;
  readonly pauseOnFailure: boolean;
  /** Absent when the store does not have it. */
  readonly start?: SwarmStart;
}

/** What `PATCH /api/schedules/{name}` takes. */
export interface ChangeSchedule {
  readonly cron: readonly string[];
  readonly timezone: string;
  readonly overlap: Overlap;
  readonly pauseOnFailure: boolean;
  readonly swarm?: StartSwarm;
}

/** What `POST /api/swarms` takes. */
export interface StartSwarm {
  readonly goal?: string;
  /** Absolute path on the machine that Drover runs on. */
  readonly repository: string;
  readonly base?: string;
  /** In the form of a plan file. */
  readonly plan?: unknown;
  /** In the form of `drover.yml`. */
  readonly config?: unknown;
  readonly approve?: boolean;
  readonly independent?: { readonly agents: number; readonly judge: boolean };
}

/** What `POST /api/teams` takes. */
export interface StartTeam {
  readonly goal: string;
  readonly repository: string;
  readonly base?: string;
  readonly template?: string;
  readonly approval?: 'lead' | 'person';
  readonly config?: unknown;
}

/** What `POST /api/schedules` takes. */
export interface CreateSchedule {
  readonly name: string;
  readonly cron: readonly string[];
  readonly timezone: string;
  readonly overlap: Overlap;
  readonly pauseOnFailure: boolean;
  readonly swarm: StartSwarm;
}

export interface PartHealth {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** What Drover was started with. */
export interface ServiceSettings {
  readonly home: string;
  readonly url: string;
  readonly temporal: {
    readonly address: string;
    readonly namespace: string;
    readonly uiUrl: string | null;
  };
  readonly store: string;
  readonly hasModelKey: boolean;
  readonly executors: readonly string[];
  readonly retentionDays: number;
}
