/** Puts the parts of a gateway together. Calls that an earlier one left open are settled before the first new one. */
import { settleAbandoned } from '../../store/model-calls.ts';
import type { Environment } from '../../config/environment.ts';
import type { GatewayDeps } from './deps.ts';
import { Limiter } from './limiter.ts';
import { createMetrics } from './metrics.ts';
import { createSend } from './send.ts';
import { serveGateway, type GatewayServer, type ServeOptions } from './server.ts';
import { Keys } from './upstreams.ts';
import { WarmUp } from './warm-up.ts';

export interface GatewayParts extends Omit<GatewayDeps, 'keys' | 'limiter' | 'warmUp' | 'metrics' | 'send'> {
  /** Variables such as `HTTPS_PROXY`. */
  readonly proxies?: Environment;
}

export const PATIENCE = {
  // Less than the shortest patience of the clients' own (5 minutes until the headers are there).
  holdMs: 240_000,
  stallMs: 180_000,
  callMs: 3_600_000,
  pollMs: 500,
} as const;

/** How often calls of gateways that are gone are looked for. */
const SWEEP_MS = 60_000;
/** None of a gateway's own: those are only abandoned when it starts. */
const NOBODY = '';

export const openGateway = async (
  parts: GatewayParts,
  options: ServeOptions,
): Promise<GatewayServer & { readonly abandoned: number }> => {
  const abandoned = await settleAbandoned(parts.db, parts.gatewayId);
  const limiter = new Limiter();
  const server = await serveGateway(
    {
      ...parts,
      limiter,
      send: createSend(parts.proxies),
      keys: new Keys(parts.upstreams),
      warmUp: new WarmUp(),
      metrics: createMetrics(() => limiter.waiting),
    },
    options,
  );
  const sweep = setInterval(() => {
    settleAbandoned(parts.db, NOBODY).catch(parts.onError);
  }, SWEEP_MS);
  sweep.unref();
  return {
    ...server,
    abandoned,
    close: () => {
      clearInterval(sweep);
      return server.close();
    },
  };
};
