/** What the run directories say of a swarm's agents: what they were told and how they ended. Only reads. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentOutcome, AgentResult, AgentSpec } from '../domain/agents/agent.ts';
import { addUsage, NO_USAGE, type Usage } from '../domain/models/usage.ts';
import { errorCode, readIfThere } from '../store/files.ts';
import { agentDirectory, type AgentDirectory, type SwarmDirectory } from '../store/home.ts';

export interface AgentRecord {
  readonly agentId: string;
  readonly taskId: string;
  readonly executor?: string;
  readonly model?: string;
  /** What it is to repair, when it is not a task's own agent. */
  readonly fixes?: 'conflict' | 'build' | 'test';
  /** Undefined while it is at work. */
  readonly outcome?: AgentOutcome;
  readonly summary?: string;
  readonly usage?: Usage;
  readonly startedAt?: string;
  readonly endedAt?: string;
}

const readJson = async <T>(path: string): Promise<T | undefined> => {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
};

/** `agent-2` before `agent-10`, an agent before its later attempts. */
const byAgent = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

/** Agents that have a run directory, by number. */
export const agentsOnDisk = async (swarm: SwarmDirectory): Promise<readonly string[]> => {
  try {
    const names = await readdir(swarm.agentsDirectory);
    return names.filter((name) => /^agent-\d{1,6}(\.\d{1,4})?$/.test(name)).sort(byAgent);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
};

/** In all its runs: an agent that was interrupted has a result for each. */
const usedInAll = async ({ root }: AgentDirectory, last: AgentResult): Promise<Usage> => {
  const earlier = (await readdir(root)).filter((name) => /^result-\d{1,4}\.json$/.test(name));
  const results = await Promise.all(earlier.map((name) => readJson<AgentResult>(join(root, name))));
  return results.reduce((sum, result) => addUsage(sum, result?.usage ?? NO_USAGE), last.usage);
};

const readRecord = async (swarm: SwarmDirectory, agentId: string): Promise<AgentRecord | undefined> => {
  const paths = agentDirectory(swarm, agentId);
  const spec = await readJson<AgentSpec>(paths.spec);
  if (spec === undefined) return undefined;
  const result = await readJson<AgentResult>(paths.result);
  return {
    agentId,
    taskId: spec.taskId,
    executor: spec.executor,
    model: spec.model,
    ...(spec.fix === undefined ? {} : { fixes: spec.fix.kind }),
    ...(result === undefined
      ? // Written once, when the agent is started.
        { startedAt: (await stat(paths.spec)).mtime.toISOString() }
      : {
          outcome: result.outcome,
          summary: result.summary,
          usage: await usedInAll(paths, result),
          startedAt: result.startedAt,
          endedAt: result.endedAt,
        }),
  };
};

/** @returns reads all agents' records, in the order of their numbers; those that have ended only once */
export const agentReader = (swarm: SwarmDirectory): (() => Promise<readonly AgentRecord[]>) => {
  const ended = new Map<string, AgentRecord>();
  return async () => {
    const records: AgentRecord[] = [];
    for (const agentId of await agentsOnDisk(swarm)) {
      const record = ended.get(agentId) ?? (await readRecord(swarm, agentId));
      if (record === undefined) continue;
      records.push(record);
      if (record.outcome !== undefined) ended.set(agentId, record);
    }
    return records;
  };
};

/** The record of one agent, if it is on this machine. */
export const agentRecord = (swarm: SwarmDirectory, agentId: string): Promise<AgentRecord | undefined> =>
  readRecord(swarm, agentId);
