/**
 * Drover's own services beside Temporal: one row each. All start when Temporal is ready, are kept running on their
 * own, and end before it.
 */
import { API_ENTRY, GATEWAY_ENTRY, WORKER_ENTRY } from '../program.ts';
import { BACKEND_SECRETS, ENCRYPTION_KEYS, GITHUB_TOKENS, MODEL_KEYS, WEBHOOK_SECRETS } from './secrets.ts';
import type { ServicePort } from './service-ports.ts';

export interface NodeServiceRow {
  readonly entry: string;
  /** Arguments of Node. */
  readonly nodeArguments: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** At the start of a sentence. */
  readonly title: string;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  /** Present for those that listen. */
  readonly port?: ServicePort;
  /** What it gets through a pipe instead of its environment. */
  readonly secrets: readonly string[];
}

export const NODE_SERVICES = {
  worker: {
    entry: WORKER_ENTRY,
    // Each of its threads has a heap of its own, the native part one for each of its threads. Their defaults are
    // made for processes of one heap: with these the worker takes 300 instead of 480 MB, and no more time.
    nodeArguments: ['--max-semi-space-size=4'],
    variables: { MALLOC_ARENA_MAX: '2' },
    title: 'The worker',
    // More than the worker itself takes at most for a clean end.
    graceMs: 15_000,
    secrets: [...GITHUB_TOKENS, ...ENCRYPTION_KEYS, ...BACKEND_SECRETS],
  },
  api: {
    entry: API_ENTRY,
    nodeArguments: [],
    variables: {},
    title: 'The API',
    graceMs: 5_000,
    port: { usual: 7420, place: 0, variable: 'DROVER_API_PORT' },
    secrets: [...WEBHOOK_SECRETS, ...ENCRYPTION_KEYS, ...BACKEND_SECRETS],
  },
  gateway: {
    entry: GATEWAY_ENTRY,
    nodeArguments: [],
    variables: {},
    title: 'The model gateway',
    graceMs: 5_000,
    port: { usual: 7421, place: 1, variable: 'DROVER_GATEWAY_PORT' },
    secrets: [...MODEL_KEYS, ...ENCRYPTION_KEYS, ...BACKEND_SECRETS],
  },
} as const satisfies Record<string, NodeServiceRow>;

export type NodeServiceName = keyof typeof NODE_SERVICES;

export const NODE_SERVICE_NAMES = Object.keys(NODE_SERVICES) as readonly NodeServiceName[];
