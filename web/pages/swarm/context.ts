/** What the frame of a swarm's page gives to its tabs. */
import { useOutletContext } from 'react-router';
import type { SwarmView } from '../../../domain/swarm/swarm.ts';
import type { LiveState } from '../../data/live.ts';

export interface SwarmContext {
  readonly id: string;
  readonly view: SwarmView;
  readonly ended: boolean;
  readonly live: LiveState;
}

export const useSwarmContext = (): SwarmContext => useOutletContext<SwarmContext>();
