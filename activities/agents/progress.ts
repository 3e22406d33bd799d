/** What an agent is doing, in a few words, from the end of its log; for the heartbeats of who watches it. */
import { open } from 'node:fs/promises';

export interface AgentProgress {
  /** Bytes of `events.jsonl` that were seen. */
  readonly position: number;
  /** At most 200 characters. */
  readonly note: string;
}

/** An agent that writes faster than it is looked at: what lies before is skipped. */
const READ_BYTES = 64 * 1024;
const NOTE_LIMIT = 200;

const oneLine = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, NOTE_LIMIT);

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The event in words, or undefined when it says nothing of the work. */
export const noteOf = (line: string): string | undefined => {
  let event: Record<string, unknown>;
  try {
    event = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  switch (event['kind']) {
    case 'phase':
      return oneLine(text(event['phase']));
    case 'progress':
      return oneLine(text(event['note']));
    case 'tool_call':
      return oneLine(`${text(event['tool'])} ${text(event['input'])}`);
    case 'permission_denied':
      return oneLine(`denied: ${text(event['tool'])} ${text(event['text'])}`);
    case 'waiting':
      return oneLine(`waiting: ${text(event['reason'])}`);
    case 'message':
    case 'output':
    case 'error':
      return oneLine(text(event['text']));
    default:
      return undefined;
  }
};

/** @returns a function that reads on from where it was and gives the newest state */
export const createProgressReader = (path: string, start: AgentProgress): (() => Promise<AgentProgress>) => {
  let { position, note } = start;
  return async () => {
    const file = await open(path, 'r').catch(() => undefined);
    if (file === undefined) return { position, note };
    try {
      const { size } = await file.stat();
      const from = Math.max(position, size - READ_BYTES);
      if (size <= position) return { position, note };
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
      const end = buffer.subarray(0, bytesRead).lastIndexOf(10) + 1;
      const lines = buffer.toString('utf8', 0, end).split('\n');
      note = lines.map(noteOf).findLast((found) => found !== undefined && found !== '') ?? note;
      position = from + end;
      return { position, note };
    } finally {
      await file.close();
    }
  };
};
