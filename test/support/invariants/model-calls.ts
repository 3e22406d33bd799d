/** Is each call of a model in the ledger once, at what the provider said of it, and is their sum what was spent? */
import type { Store } from '../../../store/database.ts';
import { usageOfAgent } from '../../../store/model-usage.ts';
import { addUsage, NO_USAGE, type Usage } from '../../../domain/models/usage.ts';

/** What the gateway counted, agent by agent, and of the calls that no agent made. */
export const countedUsage = async (
  { db }: Store,
  swarmId: string,
): Promise<{ readonly agents: readonly Usage[]; readonly others: Usage }> => {
  const rows = await db
    .selectFrom('model_calls')
    .select('agent_id')
    .distinct()
    .where('swarm_id', '=', swarmId)
    .execute();
  const callers = rows.map(({ agent_id: id }) => id);
  const usagesOf = (ids: readonly string[]): Promise<readonly Usage[]> =>
    Promise.all(ids.map(async (id) => (await usageOfAgent(db, swarmId, id)).usage));
  const isAgent = (id: string): boolean => id.startsWith('agent-');
  return {
    agents: await usagesOf(callers.filter(isAgent)),
    others: (await usagesOf(callers.filter((id) => !isAgent(id)))).reduce(addUsage, NO_USAGE),
  };
};

/** A call that the provider has answered. */
export interface ServedCall {
  /** Different for each, so that a row of the ledger can be told from the others. */
  readonly inputTokens: number;
  readonly costMicros: number;
}

export const modelCallViolations = async (
  { db }: Store,
  swarmId: string,
  served: readonly ServedCall[],
): Promise<string[]> => {
  const rows = await db.selectFrom('model_calls').selectAll().where('swarm_id', '=', swarmId).execute();
  const budget = await db
    .selectFrom('swarm_budgets')
    .selectAll()
    .where('swarm_id', '=', swarmId)
    .executeTakeFirstOrThrow();
  const inState = (state: string) => rows.filter((row) => row.state === state);
  const known = new Map(served.map((call) => [call.inputTokens, call]));
  const seen = new Set<number>();
  const found: string[] = [];
  for (const row of inState('done')) {
    const call = known.get(row.input_tokens);
    if (call === undefined) found.push(`the ledger has a call that nobody served: ${row.id}`);
    else if (call.costMicros !== row.cost_micros)
      found.push(`call ${row.id} cost ${call.costMicros}, the ledger says ${row.cost_micros}`);
    if (seen.has(row.input_tokens)) found.push(`the call of ${row.input_tokens} tokens is counted twice`);
    seen.add(row.input_tokens);
  }
  const uncounted = served.length - seen.size;
  const assumed = inState('assumed').length;
  if (uncounted > assumed)
    found.push(
      `${uncounted} served calls have no row of their own, only ${assumed} were settled without an end`,
    );
  const open = inState('open').length;
  if (open > 0) found.push(`${open} calls are still open`);
  const spent = rows.reduce((sum, row) => sum + row.cost_micros, 0);
  if (budget.spent_micros !== spent)
    found.push(`the budget says ${budget.spent_micros} were spent, the calls cost ${spent}`);
  if (budget.reserved_micros !== 0) found.push(`${budget.reserved_micros} are still reserved`);
  return found;
};
