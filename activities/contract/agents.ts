/** An agent's workspace, its run and what it hands over. */
import type { AgentOutcome, AttemptNote, DependencyNote, FixRequest } from '../../domain/agents/agent.ts';
import type { OutsideChanges } from '../../domain/agents/declared-files.ts';
import type { Usage } from '../../domain/models/usage.ts';

export interface WorkspaceActivities {
  /** Makes the workspace of one attempt and its `spec.json`; the base is the merged result of the dependencies. */
  prepareAgent(input: {
    readonly swarmId: string;
    readonly taskId: string;
    readonly ordinal: number;
    readonly attempt: number;
    readonly planKey: string;
    readonly settingsKey: string;
    readonly baseCommit: string;
    readonly dependencies: readonly DependencyNote[];
    readonly previous: readonly AttemptNote[];
    readonly fix?: FixRequest;
  }): Promise<PreparedAgent>;
  /**
   * Takes the agent's branch into the hub (compare-and-swap), then removes its workspace. A branch that holds
   * what no branch may hold (a path into `.git`, a broken object) is a value, not an exception.
   */
  handOver(input: { readonly swarmId: string; readonly agentId: string }): Promise<HandedOver>;
  /**
   * Removes the workspace of an attempt that was not accepted; its log stays. Tells what the agent used, for
   * attempts whose end nobody saw. Nothing from an earlier version.
   */
  discardAgent(input: {
    readonly swarmId: string;
    readonly agentId: string;
    /** Why a person ended it; the runner knows only that it was told to end. */
    readonly killed?: string;
  }): Promise<{ readonly usage: Usage } | undefined>;
}

export interface AgentActivities {
  /** Starts the runner if it is not there, then watches it until its result is there. Heartbeats. */
  runAgent(input: { readonly swarmId: string; readonly agentId: string }): Promise<AgentReport>;
  /**
   * Makes an agent that was interrupted ready to go on where it was, for `runAgent` to start. `leg` is the number of
   * its coming run, from 2 on. False when it cannot go on: no conversation to take up, no workspace.
   */
  resumeAgent(input: {
    readonly swarmId: string;
    readonly agentId: string;
    readonly leg: number;
    readonly reason: string;
  }): Promise<{ readonly resumed: boolean }>;
  /** Puts a message where the agent's executor reads it between two turns. */
  deliverMessage(input: {
    readonly swarmId: string;
    readonly agentId: string;
    readonly text: string;
  }): Promise<void>;
  /** Ends what is left of the swarm's agents and removes their workspaces. The hub and the logs stay. */
  closeSwarm(input: { readonly swarmId: string }): Promise<void>;
}

export type PreparedAgent =
  | {
      readonly kind: 'ready';
      readonly agentId: string;
      readonly title: string;
      readonly executor: string;
      readonly model: string;
      /** Of the agent itself; the activity that watches it needs more. */
      readonly wallSeconds: number;
      readonly graceSeconds: number;
      readonly retries: number;
      /** An agent that changes nothing has failed, whatever it says. */
      readonly mustChange?: true;
    }
  /** The disk is too full for another workspace; it is asked again later. */
  | { readonly kind: 'no_room'; readonly reason: string }
  /** The dependencies do not merge with each other. */
  | { readonly kind: 'dependency_conflict'; readonly paths: readonly string[]; readonly retries: number };

export interface AgentReport {
  readonly outcome: AgentOutcome;
  /** At most 2,000 characters. */
  readonly summary: string;
  readonly usage: Usage;
  /** Did the agent change anything? */
  readonly changed: boolean;
  /** For `model_unavailable`: when it is worth asking again, ISO 8601; absent when nobody knows. */
  readonly resumeAt?: string;
  /** For `lost`: the agent's conversation can be taken up again. */
  readonly resumable?: boolean;
}

export type HandedOver =
  | {
      readonly kind: 'accepted';
      readonly commit: string;
      /** Changed besides the files that the task declared. */
      readonly outside?: OutsideChanges;
    }
  | { readonly kind: 'refused'; readonly reason: string };
