// F3 beyond the result's own branch: SIGKILL right before and after a branch of the user's, a remote's branch and a
// pull request are made. Each is there once afterwards, and with the work.
import { access, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { completed, startDrover } from '../support/drover.ts';
import { GITHUB_TOKEN, startGitHub } from '../support/github-server.ts';
import { task } from '../support/memory-host.ts';
import { git, makeRepository, temporaryDirectory } from '../support/repository.ts';

test.concurrent.each([
  'into.before',
  'into.after',
  'push.before',
  'push.after',
  'pull-request.before',
  'pull-request.after',
])('killed at %s', async (point) => {
  const root = await temporaryDirectory('drover-delivery');
  const remote = join(root, 'acme', 'widgets.git');
  await mkdir(remote, { recursive: true });
  await git(remote, 'init', '-q', '--bare', '-b', 'main');
  const github = await startGitHub(remote);
  const drover = await startDrover({
    DROVER_TEST: '1',
    DROVER_CRASH_AT: point,
    GITHUB_TOKEN,
    GITHUB_API_URL: github.url,
  });
  try {
    const repository = join(drover.root, 'project');
    const base = await makeRepository(repository, { 'a.txt': 'a\n' });
    await git(repository, 'remote', 'add', 'origin', remote);
    await git(repository, 'push', '-q', 'origin', 'main');
    const swarm = await drover.start(
      repository,
      [task('one', { command: 'echo one > one.txt' })],
      {},
      { delivery: { into: { branch: 'main', merge: false }, push: { remote: 'origin' }, pullRequest: {} } },
    );
    const { commit = '' } = await completed(swarm);
    await access(join(drover.home.root, 'crashed'));
    expect(await git(repository, 'rev-parse', 'main')).toBe(commit);
    expect(await git(repository, 'status', '--porcelain')).toBe('');
    expect(await git(repository, 'rev-list', '--count', '--first-parent', `${base}..main`)).not.toBe('0');
    expect(await git(remote, 'rev-parse', `drover/${swarm.id}`)).toBe(commit);
    expect(github.opened()).toBe(1);
    expect((await swarm.state()).delivered).toMatchObject({
      into: { branch: 'main' },
      push: { commit },
      pullRequest: { number: 1 },
    });
  } finally {
    await drover.close();
    await github.end();
    await rm(root, { recursive: true, force: true });
  }
});
