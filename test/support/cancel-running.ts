/** Agents outlive the services, so what a test left running is ended before its home is removed. */
import { listSwarms } from '../../api/list-swarms.ts';
import { swarmHandle } from '../../api/swarm-handle.ts';
import type { Drover } from './drover.ts';

export const cancelRunning = async (drover: Drover): Promise<void> => {
  const client = await drover.client();
  for (const { id, running } of await listSwarms(drover.home, client)) {
    if (!running) continue;
    const swarm = swarmHandle(client, id);
    await swarm.cancel();
    await swarm.outcome();
  }
};
