/** Git's smart HTTP for agents in pods: reads what the swarm has, takes a push to the agent's own ref. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { incomingRef } from '../../activities/git/hub.ts';
import { readPush } from '../../activities/git/push-request.ts';
import { GIT_SERVICES, startGitService, type GitService } from '../../activities/git/smart-http.ts';
import type { Readable } from 'node:stream';

/** At once, over all agents: each is a process with the hub's packs in its memory. */
const AT_ONCE = 8;
/** A clone over a slow line takes its time; a connection that is forgotten ends. */
const LIMIT_MS = 30 * 60_000;

const isService = (name: string | null): name is GitService => GIT_SERVICES.some((known) => known === name);

let running = 0;
const queue: (() => void)[] = [];
const turn = async (): Promise<void> => {
  if (running >= AT_ONCE) await new Promise<void>((resolve) => queue.push(resolve));
  running += 1;
};
const done = (): void => {
  running -= 1;
  queue.shift()?.();
};

const refuse = (response: ServerResponse, status: number, reason: string): void => {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(`${reason}\n`);
};

const NO_CACHE = { 'cache-control': 'no-cache, max-age=0, must-revalidate' };
const packet = (text: string): string => `${(text.length + 4).toString(16).padStart(4, '0')}${text}`;

/** Answers with what git says. The program ends with the connection, whoever closes it. */
const answer = async (
  response: ServerResponse,
  options: Parameters<typeof startGitService>[0],
  input: Readable | undefined,
  head: Buffer | string,
): Promise<void> => {
  await turn();
  try {
    const git = await startGitService(options);
    const end = (): void => {
      git.kill('SIGKILL');
    };
    const limit = setTimeout(end, LIMIT_MS);
    response.once('close', end);
    git.stderr.resume();
    git.stdin.on('error', () => undefined);
    const { service, advertise } = options;
    response.writeHead(200, {
      ...NO_CACHE,
      'content-type': `application/x-${service}-${advertise ? 'advertisement' : 'result'}`,
    });
    if (advertise && options.protocol !== 'version=2')
      response.write(`${packet(`# service=${service}\n`)}0000`);
    if (head.length > 0 && !advertise) git.stdin.write(head);
    const reading =
      input === undefined
        ? Promise.resolve(git.stdin.end())
        : pipeline(input, git.stdin).catch(() => undefined);
    try {
      await pipeline(git.stdout, response);
    } finally {
      clearTimeout(limit);
      end();
    }
    await reading;
  } finally {
    done();
  }
};

/** The commands before the pack; what was read goes to git with the rest. */
const readCommands = async (request: IncomingMessage, ref: string) => {
  let head = Buffer.alloc(0);
  for (;;) {
    const chunk = request.read() as Buffer | null;
    if (chunk === null) {
      if (request.readableEnded) return { head, kind: 'refused', reason: 'it ends too early' } as const;
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          for (const event of ['readable', 'end', 'close', 'error']) request.off(event, wake);
          resolve();
        };
        for (const event of ['readable', 'end', 'close', 'error']) request.on(event, wake);
      });
      if (request.destroyed) return { head, kind: 'refused', reason: 'it ends too early' } as const;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    const read = readPush(head, ref);
    if (read.kind !== 'more') return { head, ...read };
  }
};

/** @param path below `/git`. @param hub of the agent's swarm */
export const serveGit = async (
  request: IncomingMessage,
  response: ServerResponse,
  { url, hub, agentId }: { readonly url: URL; readonly hub: string; readonly agentId: string },
): Promise<void> => {
  const ref = incomingRef(agentId);
  const header = request.headers['git-protocol'];
  const protocol = typeof header === 'string' ? { protocol: header } : {};
  if (request.method === 'GET' && url.pathname === '/git/info/refs') {
    const service = url.searchParams.get('service');
    if (!isService(service)) return refuse(response, 403, 'Only the smart protocol of git is spoken here');
    return answer(response, { service, hub, ref, advertise: true, ...protocol }, undefined, '');
  }
  const service = url.pathname.slice('/git/'.length);
  if (request.method !== 'POST' || !isService(service)) return refuse(response, 404, 'There is nothing here');
  if (request.headers['content-type'] !== `application/x-${service}-request`)
    return refuse(response, 415, `This takes application/x-${service}-request`);
  const encoding = request.headers['content-encoding'];
  const options = { service, hub, ref, advertise: false, ...protocol };
  if (service === 'git-upload-pack') {
    if (encoding !== undefined && encoding !== 'gzip')
      return refuse(response, 415, 'Only gzip is known here');
    const input = encoding === 'gzip' ? request.pipe(createGunzip()) : request;
    return answer(response, options, input, '');
  }
  if (encoding !== undefined) return refuse(response, 415, 'A push must not be compressed once more');
  const push = await readCommands(request, ref);
  if (push.kind === 'refused') return refuse(response, 403, `This push is refused: ${push.reason}`);
  return answer(response, options, request, push.head);
};
