/** Reads the `events.jsonl` of a swarm's agents as they grow. Only reads: the runners own these files. */
import { open, stat } from 'node:fs/promises';
import type { AgentEvent } from '../../domain/agents/agent.ts';
import { errorCode } from '../../store/files.ts';
import { agentDirectory, type SwarmDirectory } from '../../store/home.ts';

export interface EventOf {
  readonly agentId: string;
  readonly event: AgentEvent;
}

/** Read at once from one file; the rest comes with the next call. */
const CHUNK_BYTES = 1_048_576;
/** A line longer than this is no event that a runner wrote. */
const LINE_BYTES = 262_144;

interface Position {
  offset: number;
  /** The beginning of a line whose end is not written yet. */
  rest: Buffer;
}

const isEvent = (value: unknown): value is AgentEvent =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as { at?: unknown }).at === 'string' &&
  typeof (value as { kind?: unknown }).kind === 'string';

const parse = (line: string): AgentEvent | undefined => {
  try {
    const value: unknown = JSON.parse(line);
    return isEvent(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/** What is new in the file since the position, which moves on; undefined when there is no such file. */
const readNew = async (path: string, position: Position): Promise<readonly AgentEvent[]> => {
  let file;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw error;
  }
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, position.offset);
    position.offset += bytesRead;
    const text = Buffer.concat([position.rest, chunk.subarray(0, bytesRead)]);
    const end = text.lastIndexOf(0x0a);
    const rest = text.subarray(end + 1);
    position.rest = rest.length > LINE_BYTES ? Buffer.alloc(0) : Buffer.from(rest);
    return text
      .subarray(0, end + 1)
      .toString('utf8')
      .split('\n')
      .flatMap((line) => (line === '' ? [] : (parse(line) ?? [])));
  } finally {
    await file.close();
  }
};

export interface EventTail {
  /** Events written since the last call, in the order of their times. */
  read(agentIds: readonly string[]): Promise<readonly EventOf[]>;
}

/** The end of a file that the newest events are surely in. */
const END_BYTES = 65_536;

const startOf = async (path: string, from: 'start' | 'end'): Promise<Position> => {
  const size = from === 'end' ? ((await stat(path).catch(() => undefined))?.size ?? 0) : 0;
  return { offset: Math.max(0, size - END_BYTES), rest: Buffer.alloc(0) };
};

/** @param from `end` begins with the newest events of what is there, for those who only want these */
export const eventTail = (swarm: SwarmDirectory, from: 'start' | 'end' = 'start'): EventTail => {
  const positions = new Map<string, Position>();
  return {
    read: async (agentIds) => {
      const found: EventOf[] = [];
      for (const agentId of agentIds) {
        const path = agentDirectory(swarm, agentId).events;
        const position = positions.get(agentId) ?? (await startOf(path, from));
        positions.set(agentId, position);
        const events = await readNew(path, position);
        for (const event of events) found.push({ agentId, event });
      }
      return found.sort((a, b) => a.event.at.localeCompare(b.event.at));
    },
  };
};

/** All events that are there now, file by file: a long log needs several reads. */
export const readAllNow = async (
  tail: EventTail,
  agentIds: readonly string[],
  each: (events: readonly EventOf[]) => void,
): Promise<void> => {
  for (let events = await tail.read(agentIds); events.length > 0; events = await tail.read(agentIds))
    each(events);
};
