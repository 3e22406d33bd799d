/** What an agent in a pod asks its host besides git: to have the agent to itself, and for its messages. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFile, errorCode, readIfThere } from '../../store/files.ts';
import type { AgentDirectory } from '../../store/home.ts';

const POD = /^[A-Za-z0-9-]{1,64}$/;
const MESSAGES_AT_ONCE = 50;

/**
 * The first pod that asks has the agent: Kubernetes may start a second one where it has lost sight of the first.
 * @returns why it may not run it, if so
 */
export const claimForPod = async (directory: AgentDirectory, pod: string): Promise<string | undefined> => {
  if (!POD.test(pod)) return 'that is no pod';
  if ((await readIfThere(directory.result)) !== undefined) return 'the agent has ended';
  // Without a process: nobody on this host is ever signalled for it.
  const claim = { pid: 0, startTime: '', bootId: '', pod };
  if (await createFile(directory.claim, `${JSON.stringify(claim)}\n`)) return undefined;
  const there = JSON.parse((await readIfThere(directory.claim)) ?? '{}') as { readonly pod?: unknown };
  return there.pod === pod ? undefined : 'another pod has this agent';
};

export interface AgentMessage {
  readonly name: string;
  readonly text: string;
}

/** @param last name of the newest message that the agent has */
export const messagesAfter = async (
  directory: AgentDirectory,
  last: string,
): Promise<readonly AgentMessage[]> => {
  const names = await readdir(directory.inbox).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
  const fresh = names.filter((name) => name.endsWith('.msg') && name > last).toSorted();
  return Promise.all(
    fresh
      .slice(0, MESSAGES_AT_ONCE)
      .map(async (name) => ({ name, text: await readFile(join(directory.inbox, name), 'utf8') })),
  );
};
