/**
 * Drover's own services beside Temporal: one row each. All start when Temporal is ready, are kept running on their
 * own, and end before it.
 */
import { API_ENTRY, WORKER_ENTRY } from '../program.ts';
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
  /** What it has no use for and therefore does not get. */
  readonly withoutVariables: readonly string[];
}

const MODEL_KEYS = ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'OPENAI_API_KEY', 'GEMINI_API_KEY'];

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
    withoutVariables: [],
  },
  api: {
    entry: API_ENTRY,
    nodeArguments: [],
    variables: {},
    title: 'The API',
    graceMs: 5_000,
    port: { usual: 7420, place: 0, variable: 'DROVER_API_PORT' },
    withoutVariables: MODEL_KEYS,
  },
} as const satisfies Record<string, NodeServiceRow>;

export type NodeServiceName = keyof typeof NODE_SERVICES;

export const NODE_SERVICE_NAMES = Object.keys(NODE_SERVICES) as readonly NodeServiceName[];
