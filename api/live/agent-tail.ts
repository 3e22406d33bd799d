/** What the agents at work on this host write into their logs, as it comes; only while somebody listens. */
import type { AgentEvent } from '../../domain/agents/agent.ts';
import { readAgentLog } from '../agent-log.ts';
import { agentsOnDisk } from '../agent-records.ts';
import { readIfThere } from '../../store/files.ts';
import { agentDirectory, swarmDirectory, type Home } from '../../store/home.ts';
import { stat } from 'node:fs/promises';
import type { SwarmSummary } from '../list-swarms.ts';

export interface Written {
  readonly swarmId: string;
  readonly agentId: string;
  readonly event: AgentEvent;
}

export interface AgentTailOptions {
  readonly home: Home;
  readonly swarms: () => Promise<readonly SwarmSummary[]>;
  readonly onWritten: (written: readonly Written[]) => void;
  readonly isWanted: () => boolean;
}

const POLL_MS = 500;

const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => undefined))?.size ?? 0;

/** @returns ends it */
export const startAgentTail = ({ home, swarms, onWritten, isWanted }: AgentTailOptions): (() => void) => {
  /** Position in each log; undefined once the agent has ended and all of it was read. */
  const positions = new Map<string, number | undefined>();
  const stop = new AbortController();
  let first = true;

  const readAgent = async (swarmId: string, agentId: string): Promise<readonly Written[]> => {
    const key = `${swarmId}/${agentId}`;
    if (positions.has(key) && positions.get(key) === undefined) return [];
    const swarm = swarmDirectory(home, swarmId);
    const paths = agentDirectory(swarm, agentId);
    const over = (await readIfThere(paths.result)) !== undefined;
    // Who comes late wants what happens from now on; the log itself has the rest.
    const from = positions.get(key) ?? (first ? await sizeOf(paths.events) : 0);
    const page = await readAgentLog(swarm, agentId, from);
    positions.set(key, over && !page.more ? undefined : page.next);
    return page.events.map((event) => ({ swarmId, agentId, event }));
  };

  const look = async (): Promise<void> => {
    if (!isWanted()) {
      positions.clear();
      first = true;
      return;
    }
    const written: Written[] = [];
    for (const { id } of (await swarms()).filter(({ running }) => running))
      for (const agentId of await agentsOnDisk(swarmDirectory(home, id)))
        written.push(...(await readAgent(id, agentId)));
    first = false;
    if (written.length > 0) onWritten(written);
  };

  const loop = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      // What cannot be read now is read the next time.
      await look().catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, POLL_MS).unref());
    }
  };
  void loop();
  return () => stop.abort();
};
