/** What the parts of the gateway share. */
import type { Kysely } from 'kysely';
import type { Spending } from '../../domain/models/spending.ts';
import type { Tables } from '../../store/tables.ts';
import type { Limiter } from './limiter.ts';
import type { Metrics } from './metrics.ts';
import type { RequestLog } from './request-log.ts';
import type { Send } from './send.ts';
import type { Keys, Upstreams } from './upstreams.ts';
import type { WarmUp } from './warm-up.ts';

/** News about a swarm's budget, for the people in charge of it. */
export interface BudgetNews {
  readonly kind: 'warning' | 'reached';
  readonly swarmId: string;
  readonly spending: Spending;
  /** What the refused call may cost at most. */
  readonly neededMicros: number;
}

export interface Patience {
  /** How long a call is held for a rate limit or for money before the client is told to come again. */
  readonly holdMs: number;
  /** A provider that is silent for longer has stalled. */
  readonly stallMs: number;
  /** No call takes longer. */
  readonly callMs: number;
  /** Between two looks whether there is money again. */
  readonly pollMs: number;
}

export interface GatewayDeps {
  readonly db: Kysely<Tables>;
  /** The same after a restart: its open calls are found by it. */
  readonly gatewayId: string;
  readonly upstreams: Upstreams;
  readonly keys: Keys;
  readonly limiter: Limiter;
  readonly warmUp: WarmUp;
  readonly metrics: Metrics;
  readonly patience: Patience;
  readonly requestLog: RequestLog;
  readonly send: Send;
  readonly tellBudget: (news: BudgetNews) => void;
  /** Something was spent; may be told as often as it happens. */
  readonly tellSpent: (swarmId: string, spending: Spending) => void;
  /** Of what should not happen. */
  readonly onError: (error: unknown) => void;
}
