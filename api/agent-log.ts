/** Pages of an agent's `events.jsonl`, by position in the file: what was read once stays where it is. Only reads. */
import { open } from 'node:fs/promises';
import type { AgentEvent } from '../domain/agents/agent.ts';
import { errorCode } from '../store/files.ts';
import { agentDirectory, type SwarmDirectory } from '../store/home.ts';

export interface AgentLogPage {
  readonly events: readonly AgentEvent[];
  /** Where to go on. */
  readonly next: number;
  /** There is more already. */
  readonly more: boolean;
}

/** A line of a runner is shorter: texts are capped at 16,000 characters. */
const CHUNK_BYTES = 262_144;
const NEWLINE = 0x0a;

const parse = (line: string): AgentEvent | undefined => {
  try {
    const value = JSON.parse(line) as Partial<AgentEvent> | null;
    return typeof value?.at === 'string' && typeof value.kind === 'string'
      ? (value as AgentEvent)
      : undefined;
  } catch {
    return undefined;
  }
};

/** @param from position of the first line, from an earlier page @returns no events when there is no log yet */
export const readAgentLog = async (
  swarm: SwarmDirectory,
  agentId: string,
  from: number,
): Promise<AgentLogPage> => {
  let file;
  try {
    file = await open(agentDirectory(swarm, agentId).events, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR')
      return { events: [], next: from, more: false };
    throw error;
  }
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, from);
    const chunk = buffer.subarray(0, bytesRead);
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    // A line that fills a whole chunk is none that a runner wrote; what is left of it is passed over.
    const next = from + (end === 0 && bytesRead === CHUNK_BYTES ? bytesRead : end);
    const events = chunk
      .subarray(0, end)
      .toString('utf8')
      .split('\n')
      .flatMap((line) => parse(line) ?? []);
    return { events, next, more: bytesRead === CHUNK_BYTES };
  } finally {
    await file.close();
  }
};
