/**
 * Which agents of this host have just started, or are about to: what a worker knows of those that the worker before it
 * has let in. Their run directories say it.
 */
import { readdir, stat } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import type { AgentSpec } from '../../domain/agents/agent.ts';
import { isSwarmId } from '../../domain/names.ts';
import { readIfThere } from '../../store/files.ts';
import {
  agentDirectory,
  isAgentId,
  swarmDirectory,
  type AgentDirectory,
  type Home,
} from '../../store/home.ts';
import type { MemoryPromise } from './free-memory.ts';

const RUN = /^run-(.+)$/;

const namesIn = (path: string): Promise<readonly string[]> => readdir(path).catch(() => []);

const bytesOf = async (directory: AgentDirectory): Promise<number> => {
  try {
    const { pod, limits } = JSON.parse((await readIfThere(directory.spec)) ?? '') as AgentSpec;
    return pod === undefined ? (limits.memoryBytes ?? 0) : 0;
  } catch {
    return 0;
  }
};

/** When an agent started that has not ended: now for one that is ready to. */
const startOf = async (directory: AgentDirectory, now: number): Promise<number | undefined> => {
  if (existsSync(directory.result)) return undefined;
  return stat(directory.claim).then(
    ({ mtimeMs }) => mtimeMs,
    () => now,
  );
};

/** @param freshMs for how long the memory of an agent that has started is promised */
export const promisedMemory = async (home: Home, freshMs: number): Promise<readonly MemoryPromise[]> => {
  const now = Date.now();
  const promises: MemoryPromise[] = [];
  for (const run of await namesIn(home.runsDirectory)) {
    const id = RUN.exec(run)?.[1];
    if (id === undefined || !isSwarmId(id)) continue;
    const swarm = swarmDirectory(home, id);
    if (existsSync(swarm.reportJson)) continue;
    for (const name of (await namesIn(swarm.agentsDirectory)).filter(isAgentId)) {
      const directory = agentDirectory(swarm, name);
      const until = ((await startOf(directory, now)) ?? 0) + freshMs;
      const bytes = until > now ? await bytesOf(directory) : 0;
      if (bytes > 0) promises.push({ agent: `${id}/${name}`, bytes, until });
    }
  }
  return promises;
};
