/** What the run directories say of a swarm's agents: what they were told and how they ended. */
import type { AgentOutcome, AgentResult, AgentSpec } from '../../domain/agent.ts';
import type { Usage } from '../../domain/usage.ts';
import { readIfThere } from '../../store/files.ts';
import { agentDirectory, type SwarmDirectory } from '../../store/home.ts';
import { agentsOnDisk } from './event-tail.ts';

export interface AgentRecord {
  readonly agentId: string;
  readonly taskId: string;
  readonly executor?: string;
  readonly model?: string;
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

/** In the order of their numbers. */
export const agentRecords = async (swarm: SwarmDirectory): Promise<readonly AgentRecord[]> => {
  const records: AgentRecord[] = [];
  for (const agentId of await agentsOnDisk(swarm)) {
    const paths = agentDirectory(swarm, agentId);
    const spec = await readJson<AgentSpec>(paths.spec);
    if (spec === undefined) continue;
    const result = await readJson<AgentResult>(paths.result);
    const about = { agentId, taskId: spec.taskId, executor: spec.executor, model: spec.model };
    records.push(
      result === undefined
        ? about
        : {
            ...about,
            outcome: result.outcome,
            summary: result.summary,
            usage: result.usage,
            startedAt: result.startedAt,
            endedAt: result.endedAt,
          },
    );
  }
  return records;
};
