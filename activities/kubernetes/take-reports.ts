/**
 * Takes what an agent in a pod has reported from the store into its run directory, where everybody reads it: events
 * into `events.jsonl`, closing words into `answer.md`, the result into `result.json`. What was taken is written down
 * with the lengths that the two files had then, so that a worker that dies in between neither loses nor doubles a line.
 */
import { open, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import type { AgentSpec } from '../../domain/agents/agent.ts';
import { readCallbacks, type CallbackMessage } from '../../store/callbacks.ts';
import { createFile, errorCode, readIfThere, replaceFile } from '../../store/files.ts';
import type { AgentDirectory } from '../../store/home.ts';
import type { Tables } from '../../store/tables.ts';

const AT_ONCE = 500;

interface Taken {
  /** Number of the newest message that was taken. */
  readonly sequence: number;
  /** Bytes of `events.jsonl`. */
  readonly size: number;
  /** Bytes of `answer.md`. @default 0 */
  readonly answer?: number;
}

const stateFile = (directory: AgentDirectory): string => join(directory.root, 'reported.json');

const readTaken = async (directory: AgentDirectory): Promise<Taken> => {
  const text = await readIfThere(stateFile(directory));
  return text === undefined ? { sequence: 0, size: 0 } : (JSON.parse(text) as Taken);
};

const append = async (path: string, text: string): Promise<number> => {
  if (text === '') return 0;
  const bytes = Buffer.from(text);
  const file = await open(path, 'a', 0o600);
  try {
    await file.writeFile(bytes);
  } finally {
    await file.close();
  }
  return bytes.length;
};

const cutTo = async (path: string, size: number): Promise<void> => {
  await truncate(path, size).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error;
  });
};

/** Agents send what they like. */
const textIn = (data: string): string => {
  const { text } = JSON.parse(data) as { readonly text?: unknown };
  return typeof text === 'string' ? text : '';
};

const textOf = (messages: readonly CallbackMessage[], kind: CallbackMessage['kind']): string =>
  messages
    .filter((one) => one.kind === kind)
    // Stored as JSON by the gateway: an event is one line.
    .map(({ data }) => (kind === 'event' ? `${data}\n` : textIn(data)))
    .join('');

/** @returns a function that takes what is new; calls of it must not overlap */
export const reportTaker = (
  db: Kysely<Tables>,
  directory: AgentDirectory,
  { swarmId, agentId }: Pick<AgentSpec, 'swarmId' | 'agentId'>,
): (() => Promise<void>) => {
  let known: Taken | undefined;
  const start = async (): Promise<Taken> => {
    const taken = await readTaken(directory);
    await cutTo(directory.events, taken.size);
    await cutTo(directory.answer, taken.answer ?? 0);
    return taken;
  };
  return async () => {
    let taken = (known ??= await start());
    for (;;) {
      const messages = await readCallbacks(db, { swarmId, agentId }, taken.sequence, AT_ONCE);
      const newest = messages.at(-1);
      if (newest === undefined) return;
      const size = taken.size + (await append(directory.events, textOf(messages, 'event')));
      const answer = (taken.answer ?? 0) + (await append(directory.answer, textOf(messages, 'answer')));
      taken = { sequence: newest.sequence, size, answer };
      const result = messages.findLast(({ kind }) => kind === 'result');
      if (result !== undefined) await createFile(directory.result, `${result.data}\n`);
      await replaceFile(stateFile(directory), JSON.stringify(taken));
      known = taken;
    }
  };
};
