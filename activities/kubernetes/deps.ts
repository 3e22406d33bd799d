/** What running agents in pods needs of the host and of the cluster. */
import type { Kysely } from 'kysely';
import type { PodRequest } from '../../domain/agents/pod.ts';
import type { Home } from '../../store/home.ts';
import type { Tables } from '../../store/tables.ts';
import type { AgentDoors } from '../model/access.ts';
import type { Cluster } from './cluster.ts';

export interface PodDeps {
  readonly home: Home;
  readonly doors: AgentDoors;
  readonly db: Kysely<Tables>;
  /** Opened with the first agent that needs it. */
  readonly cluster: () => Promise<Cluster>;
  /** Where pods reach this host's server. */
  readonly hostUrl?: string;
  /** For settings that name none. */
  readonly namespace: string;
  readonly image?: string;
}

export const namespaceOf = (deps: PodDeps, pod: PodRequest): string => pod.namespace ?? deps.namespace;
