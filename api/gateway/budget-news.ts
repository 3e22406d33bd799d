/** What the gateway tells swarms: of their budget, once, and again when telling failed; and messages of agents. */
import type { Kysely } from 'kysely';
import { Client, Connection, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { Spending } from '../../domain/models/spending.ts';
import {
  INTERNAL_SIGNALS,
  QUERIES,
  SIGNALS,
  UPDATES,
  type BudgetNotice,
  type TeamTaskChange,
  type TeamTaskResult,
} from '../../domain/protocol.ts';
import type { SwarmView } from '../../domain/swarm/swarm.ts';
import { claimTelling, giveBackTelling } from '../../store/budgets.ts';
import type { Tables } from '../../store/tables.ts';
import { connectOptions } from '../../workers/temporal/connect.ts';
import type { TemporalTarget } from '../client.ts';
import { askHumanOf, type AskHumanPort } from '../mcp/ask-human.ts';
import type { BudgetNews } from './deps.ts';

export interface BudgetNewsDesk {
  readonly sendMessage: (swarmId: string, agentId: string, text: string) => Promise<void>;
  readonly askHuman: AskHumanPort;
  readonly teamTask: (swarmId: string, change: TeamTaskChange) => Promise<TeamTaskResult>;
  /** Of a swarm; it never changes. */
  readonly repositoryOf: (swarmId: string) => Promise<string>;
  readonly tell: (news: BudgetNews) => void;
  /** Tells the swarm now and then what was spent: each telling is a few events of its history. */
  readonly tellSpent: (swarmId: string, spending: Spending) => void;
  close(): Promise<void>;
}

/** Between two tellings of what one swarm has spent. */
const SPENT_EVERY_MS = 20_000;

const spentTeller = (client: Client, say: (line: string) => void): BudgetNewsDesk['tellSpent'] => {
  const due = new Map<string, Spending>();
  const tell = async (swarmId: string): Promise<void> => {
    const spending = due.get(swarmId);
    due.delete(swarmId);
    if (spending === undefined) return;
    const notice: BudgetNotice = {
      kind: 'spent',
      limitMicros: spending.limitMicros ?? 0,
      spentMicros: spending.spentMicros,
      neededMicros: 0,
    };
    try {
      await client.workflow.getHandle(swarmId).signal(INTERNAL_SIGNALS.budget, notice);
    } catch (error) {
      // The next call tells more.
      if (!(error instanceof WorkflowNotFoundError)) say(`swarm ${swarmId} cannot be told: ${String(error)}`);
    }
  };
  return (swarmId, spending) => {
    if (!due.has(swarmId)) setTimeout(() => void tell(swarmId), SPENT_EVERY_MS).unref();
    due.set(swarmId, spending);
  };
};

/** Repositories that are remembered. */
const REMEMBERED = 1_000;

const repositories = (client: Client): BudgetNewsDesk['repositoryOf'] => {
  const known = new Map<string, string>();
  return async (swarmId) => {
    const remembered = known.get(swarmId);
    if (remembered !== undefined) return remembered;
    const { repository } = await client.workflow.getHandle(swarmId).query<SwarmView>(QUERIES.state);
    if (known.size >= REMEMBERED) known.clear();
    known.set(swarmId, repository);
    return repository;
  };
};

export const openBudgetNews = (
  db: Kysely<Tables>,
  target: TemporalTarget,
  say: (line: string) => void,
): BudgetNewsDesk => {
  const connection = Connection.lazy(connectOptions(target));
  const client = new Client({
    connection,
    namespace: target.namespace,
    ...(target.encryption === undefined
      ? {}
      : { dataConverter: { payloadCodecs: [target.encryption.codec] } }),
  });
  const tell = async ({ kind, swarmId, spending, neededMicros }: BudgetNews): Promise<void> => {
    if (!(await claimTelling(db, swarmId, kind))) return;
    const notice: BudgetNotice = {
      kind,
      limitMicros: spending.limitMicros ?? 0,
      spentMicros: spending.spentMicros,
      neededMicros,
    };
    try {
      await client.workflow.getHandle(swarmId).signal(INTERNAL_SIGNALS.budget, notice);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return;
      await giveBackTelling(db, swarmId);
      throw error;
    }
  };
  return {
    sendMessage: (swarmId, agentId, text) =>
      client.workflow.getHandle(swarmId).signal(SIGNALS.messageAgent, { agentId, text }),
    askHuman: askHumanOf(client),
    teamTask: async (swarmId, change) => {
      try {
        return await client.workflow
          .getHandle(swarmId)
          .executeUpdate<TeamTaskResult, [TeamTaskChange]>(UPDATES.teamTask, { args: [change] });
      } catch (error) {
        if (!(error instanceof WorkflowUpdateFailedError)) throw error;
        return { ok: false, text: error.cause?.message ?? error.message };
      }
    },
    repositoryOf: repositories(client),
    tell: (news) => {
      tell(news).catch((error: unknown) => say(`swarm ${news.swarmId} cannot be told: ${String(error)}`));
    },
    tellSpent: spentTeller(client, say),
    close: () => connection.close(),
  };
};
