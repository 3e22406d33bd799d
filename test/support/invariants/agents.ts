/** Were the agents started once each, and is nothing of them left? */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentSpec } from '../../../domain/agents/agent.ts';
import type { SwarmDirectory } from '../../../store/home.ts';

export interface AgentRecord {
  readonly id: string;
  readonly taskId: string;
  readonly marker: string;
  readonly workspace: string;
}

/** The agents that a swarm has a `spec.json` of. */
export const agentsOf = async (swarm: SwarmDirectory): Promise<AgentRecord[]> => {
  const ids = await readdir(swarm.agentsDirectory).catch(() => []);
  const read = ids.map(async (id): Promise<AgentRecord[]> => {
    const text = await readFile(join(swarm.agentsDirectory, id, 'spec.json'), 'utf8').catch(() => undefined);
    if (text === undefined) return [];
    const spec = JSON.parse(text) as AgentSpec;
    return [{ id, taskId: spec.taskId, marker: spec.marker, workspace: spec.workspace }];
  });
  return (await Promise.all(read)).flat();
};

/** Pids of the living processes (zombies are dead) whose environment holds `DROVER_AGENT_MARKER=<marker>`. */
const processesWithMarker = async (marker: string): Promise<number[]> => {
  const wanted = `\0DROVER_AGENT_MARKER=${marker}\0`;
  const pids = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name));
  const found = pids.map(async (pid): Promise<number[]> => {
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
    return `\0${environment}\0`.includes(wanted) ? [Number(pid)] : [];
  });
  return (await Promise.all(found)).flat();
};

export const leftoverProcessViolations = async (agents: readonly AgentRecord[]): Promise<string[]> => {
  const found = await Promise.all(
    agents.map(async ({ id, marker }) =>
      (await processesWithMarker(marker)).map((pid) => `process ${pid} of ${id} still runs`),
    ),
  );
  return found.flat();
};

/**
 * @param journal lines `<agent id> <task id>`, each written by an agent when it starts, outside of its workspace
 */
export const startViolations = (journal: string, agents: readonly AgentRecord[]): string[] => {
  const lines = journal.split('\n').filter((line) => line !== '');
  const starts = new Map<string, number>();
  for (const line of lines) starts.set(line, (starts.get(line) ?? 0) + 1);
  const known = new Set(agents.map(({ id, taskId }) => `${id} ${taskId}`));
  return [...starts].flatMap(([line, times]) => [
    ...(times > 1 ? [`agent "${line}" was started ${times} times`] : []),
    ...(known.has(line) ? [] : [`agent "${line}" was started but has no run directory`]),
  ]);
};
