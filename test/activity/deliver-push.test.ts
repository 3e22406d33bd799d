/** Pushing to real remotes: forward only, by compare-and-swap, without credentials where they could be seen. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pushBranch, type PushDeps } from '../../activities/deliver/push.ts';
import type { PushResult } from '../../domain/delivery/delivery.ts';
import { git, makeRepository } from '../support/repository.ts';
import { bundleWork, commitWork, openTestSwarm, type OpenedTestSwarm } from '../support/opened-swarm.ts';

let swarm: OpenedTestSwarm;
let result: string;
let remote: string;
beforeEach(async () => {
  swarm = await openTestSwarm({ 'a.txt': 'one\n' });
  await swarm.prepare(0);
  await writeFile(join(swarm.agent(0).workspace, 'a.txt'), 'one\ntwo\n');
  await commitWork(swarm.agent(0));
  await bundleWork(swarm.agent(0), swarm.baseCommit);
  const handed = await swarm.handOver(0);
  result = handed.kind === 'accepted' ? handed.commit : '';
  remote = join(swarm.scratch, 'owner', 'name.git');
  await mkdir(remote, { recursive: true });
  await git(remote, 'init', '-q', '--bare', '-b', 'main');
  await git(swarm.repository, 'remote', 'add', 'origin', remote);
  await git(swarm.repository, 'push', '-q', 'origin', 'main');
});
afterEach(() => swarm.remove());

const push = (
  input: { remote?: string; branch?: string; commit?: string } = {},
  deps: Partial<PushDeps> = {},
): Promise<PushResult> =>
  pushBranch(
    swarm.swarm.hub,
    { repository: swarm.repository, remote: 'origin', branch: 'drover/s1', commit: result, ...input },
    { env: { HOME: swarm.scratch, PATH: process.env['PATH'] }, ...deps },
  );
const there = (branch: string): Promise<string> => git(remote, 'rev-parse', branch);

describe('pushing a result', () => {
  test('makes the branch, moves it forward, and finds what an earlier try did', async () => {
    expect(await push()).toEqual({
      remote,
      branch: 'drover/s1',
      commit: result,
      how: 'created',
      repository: 'owner/name',
    });
    expect(await push()).toMatchObject({ how: 'already' });
    expect(await push({ branch: 'main' })).toMatchObject({ how: 'moved' });
    expect(await there('main')).toBe(result);
  });

  test("never overwrites somebody else's work", async () => {
    const other = join(swarm.scratch, 'other');
    await makeRepository(other, { 'x.txt': 'x\n' });
    await git(other, 'push', '-q', remote, 'main:drover/s1');
    const theirs = await there('drover/s1');
    await expect(push()).rejects.toMatchObject({
      type: 'wrongState',
      message: expect.stringContaining('holds work that this result does not contain'),
    });
    expect(await there('drover/s1')).toBe(theirs);
  });

  test('does not take a branch back: one that holds the work and more stays as it is', async () => {
    await push();
    expect(await push({ commit: swarm.baseCommit })).toMatchObject({ how: 'already', commit: result });
    expect(await there('drover/s1')).toBe(result);
  });

  test('finds what a further swarm has put on top of it, whose result is in the repository', async () => {
    await push();
    await git(swarm.repository, 'fetch', '-q', swarm.swarm.hub, `${result}:refs/heads/drover/s1-f1`);
    await git(swarm.repository, 'checkout', '-q', 'drover/s1-f1');
    await git(swarm.repository, 'commit', '-q', '--allow-empty', '-m', 'Feedback taken up');
    await git(swarm.repository, 'push', '-q', 'origin', 'HEAD:drover/s1');
    const further = await there('drover/s1');
    expect(further).not.toBe(result);
    expect(await push()).toMatchObject({ how: 'already', commit: further });
    expect(await there('drover/s1')).toBe(further);
  });

  test('that loses a race is refused by the remote', async () => {
    // Moves the branch between the look and the push, as somebody else would.
    const hook = join(remote, 'hooks', 'pre-receive');
    await mkdir(join(remote, 'hooks'), { recursive: true });
    await writeFile(
      hook,
      `#!/bin/sh\nenv -u GIT_QUARANTINE_PATH git update-ref refs/heads/drover/s1 ${swarm.baseCommit}\n`,
    );
    await chmod(hook, 0o755);
    await expect(push()).rejects.toMatchObject({ type: 'wrongState' });
    expect(await there('drover/s1')).toBe(swarm.baseCommit);
  });

  test.each([
    ['ext::sh -c "touch RAN"', 'invalidInput'],
    ['--upload-pack=touch', 'invalidInput'],
    ['nowhere', 'notFound'],
  ])('to %s is refused', async (to, type) => {
    await expect(push({ remote: to })).rejects.toMatchObject({ type });
  });

  test('to a remote whose configured address runs a program is refused', async () => {
    await git(swarm.repository, 'config', 'remote.evil.url', `ext::sh -c touch% ${swarm.scratch}/ran`);
    await expect(push({ remote: 'evil' })).rejects.toMatchObject({ type: 'invalidInput' });
    await expect(readFile(join(swarm.scratch, 'ran'))).rejects.toThrow('ENOENT');
  });
});

describe('credentials', () => {
  let server: Server;
  let url: string;
  let seen: (string | undefined)[];
  beforeEach(async () => {
    seen = [];
    server = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(request.headers.authorization === undefined ? 401 : 403, {
        'www-authenticate': 'Basic realm="git"',
      });
      response.end('no');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/owner/name.git`;
  });
  afterEach(() => new Promise<void>((resolve) => server.close(() => resolve())));

  test('of an address are sent as a login, and are in no message', async () => {
    await git(swarm.repository, 'config', 'remote.http.url', url.replace('//', '//me:s3cret@'));
    const failure = await push({ remote: 'http' }).catch((error: Error) => error);
    expect(seen).toContain(`Basic ${Buffer.from('me:s3cret').toString('base64')}`);
    expect(failure).toMatchObject({ type: 'wrongState', message: expect.stringContaining('127.0.0.1') });
    expect(JSON.stringify([failure, (failure as Error).message])).not.toContain('s3cret');
  });

  test('for GitHub are sent to no other host, and to none without TLS', async () => {
    await push({ remote: url }, { token: { host: '127.0.0.1', value: 'gh-token' } }).catch(() => undefined);
    expect(seen.every((value) => value === undefined)).toBe(true);
  });
});
