/** What a pod asks the server of its host, with patience: a host that starts anew is back soon. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFile } from '../../store/files.ts';

export interface HostAccess {
  readonly url: string;
  readonly token: string;
}

/** A host that is away for longer is gone. */
const PATIENCE_MS = 15 * 60_000;
const FIRST_WAIT_MS = 250;
const MOST_WAIT_MS = 5_000;
const POLL_MS = 2_000;
const CALL_MS = 30_000;
const MESSAGE_NAME = /^[A-Za-z0-9-]{1,100}\.msg$/;

/** Calls until it is answered, or for too long. */
export const withPatience = async <T>(call: () => Promise<T | undefined>): Promise<T> => {
  const deadline = Date.now() + PATIENCE_MS;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, MOST_WAIT_MS)) {
    try {
      const answer = await call();
      if (answer !== undefined) return answer;
      if (Date.now() > deadline) throw new Error('The host did not answer as it should');
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await sleep(wait);
  }
};

const ask = (host: HostAccess, method: string, path: string): Promise<Response> =>
  fetch(`${host.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${host.token}` },
    signal: AbortSignal.timeout(CALL_MS),
  });

/** @returns false when another pod has this agent, or it has ended */
export const claimAgent = (host: HostAccess, pod: string): Promise<boolean> =>
  withPatience(async () => {
    const answer = await ask(host, 'POST', `/agent/claim?pod=${encodeURIComponent(pod)}`);
    await answer.arrayBuffer();
    if (answer.ok) return true;
    return answer.status === 410 || answer.status === 401 ? false : undefined;
  });

/** Brings the messages for the agent into its inbox. @returns a function that ends it */
export const fetchMessages = (host: HostAccess, inbox: string): (() => void) => {
  let last = '';
  const ended = new AbortController();
  const look = async (): Promise<void> => {
    const answer = await ask(host, 'GET', `/agent/messages?after=${encodeURIComponent(last)}`);
    if (!answer.ok) return void (await answer.arrayBuffer());
    const { messages } = (await answer.json()) as {
      readonly messages: readonly { readonly name: string; readonly text: string }[];
    };
    for (const { name, text } of messages) {
      if (MESSAGE_NAME.test(name)) await createFile(join(inbox, name), text);
      last = name;
    }
  };
  const poll = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      await look().catch(() => undefined);
      await sleep(POLL_MS, undefined, { ref: false, signal: ended.signal }).catch(() => undefined);
    }
  };
  void poll();
  return () => ended.abort();
};
