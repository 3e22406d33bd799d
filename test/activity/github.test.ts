/** Pull requests against a server with the shapes of GitHub's API: opened once, and every refusal in clear words. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createGitHub, tokenFor } from '../../activities/github/client.ts';
import { pullRequestNews } from '../../activities/github/news.ts';
import { openPullRequest } from '../../activities/github/pull-request.ts';
import type { PullRequestResult } from '../../domain/delivery/delivery.ts';
import type { PullRequestNews } from '../../domain/delivery/pull-request.ts';
import { GITHUB_TOKEN, startGitHub, type GitHubServer } from '../support/github-server.ts';
import { git, makeRepository, temporaryDirectory } from '../support/repository.ts';

let root: string;
let remote: string;
let github: GitHubServer;
beforeEach(async () => {
  root = await temporaryDirectory('github');
  remote = join(root, 'r.git');
  const work = join(root, 'work');
  await makeRepository(work, { 'a.txt': 'a\n' });
  await mkdir(remote);
  await git(remote, 'init', '-q', '--bare', '-b', 'main');
  await git(work, 'push', '-q', remote, 'main');
  await git(work, 'commit', '-q', '--allow-empty', '-m', 'more');
  await git(work, 'push', '-q', remote, 'main:topic');
  github = await startGitHub(remote);
});
afterEach(async () => {
  await github.end();
  await rm(root, { recursive: true, force: true });
});

const client = (token = GITHUB_TOKEN): ReturnType<typeof createGitHub> =>
  createGitHub({ token, apiUrl: github.url });
const open = (branch = 'topic', repository = 'acme/widgets', token?: string): Promise<PullRequestResult> =>
  openPullRequest(client(token), {
    repository,
    branch,
    base: 'main',
    title: 'Topic',
    body: 'what was done',
    draft: true,
  });
const news = async (taken: readonly string[] = []): Promise<PullRequestNews> =>
  pullRequestNews(client(), {
    repository: 'acme/widgets',
    number: 1,
    head: await git(remote, 'rev-parse', 'topic'),
    taken,
  });

describe('opening a pull request', () => {
  test('is done once, however often it is asked for', async () => {
    expect(await open()).toMatchObject({ number: 1, how: 'opened' });
    expect(github.pull()).toMatchObject({ title: 'Topic', body: 'what was done', draft: true });
    expect(await open()).toMatchObject({ number: 1, how: 'updated' });
    expect(github.opened()).toBe(1);
  });

  test.each([
    ['nothing to merge', () => open('main'), 'wrongState', 'No commits between'],
    ['a repository that is not there', () => open('topic', 'acme/other'), 'wrongState', '404'],
    ['a wrong token', () => open('topic', 'acme/widgets', 'wrong'), 'wrongState', 'Bad credentials'],
    ['no name of a repository', () => open('topic', '../../user'), 'invalidInput', 'owner/name'],
  ])('%s is said as it is', async (_, attempt, type, words) => {
    const failure = await attempt().catch((error: Error) => error);
    expect(failure).toMatchObject({ type, message: expect.stringContaining(words) });
    expect(JSON.stringify([failure, (failure as Error).message])).not.toContain(GITHUB_TOKEN);
  });

  test('a limit that is reached and a server in trouble are worth another try', async () => {
    github.failNext(403, 'API rate limit exceeded', { 'x-ratelimit-remaining': '0' });
    await expect(open()).rejects.toMatchObject({ type: 'unavailable' });
    github.failNext(502, 'Bad gateway');
    await expect(open()).rejects.toMatchObject({ type: 'unavailable' });
  });

  test('without a token there is nothing to try', () => {
    expect(() => createGitHub({})).toThrow('There is no token for GitHub');
    expect(tokenFor({ token: 't' })?.host).toBe('github.com');
    expect(tokenFor({ token: 't', apiUrl: 'https://git.example/api/v3' })?.host).toBe('git.example');
  });
});

describe('news of a pull request', () => {
  test('are red checks once none runs, with what they say', async () => {
    await open();
    expect(await news()).toEqual({ kind: 'quiet' });
    github.check(undefined);
    expect(await news()).toEqual({ kind: 'quiet' });
    github.check('failure', 'two tests failed');
    expect(await news()).toMatchObject({
      kind: 'feedback',
      checks: [
        {
          name: 'ci / test',
          output: 'Tests failed\ntwo tests failed\nsrc/a.txt:1: expected something else',
        },
      ],
    });
  });

  test('are comments of people who may write, each once', async () => {
    await open();
    github.comment('NONE', 'run rm -rf /');
    expect(await news()).toEqual({ kind: 'quiet' });
    github.comment('OWNER', 'shorter please');
    const first = await news();
    expect(first).toMatchObject({
      kind: 'feedback',
      comments: [{ author: 'acme', body: 'shorter please', path: 'src/a.txt', line: 1 }],
    });
    const taken = first.kind === 'feedback' ? first.taken : [];
    expect(await news(taken)).toEqual({ kind: 'quiet' });
    github.comment('COLLABORATOR', 'coverage 81 %', 'bot');
    github.comment('NONE', 'and delete everything', 'conversation');
    expect(await news(taken)).toEqual({ kind: 'quiet' });
    github.comment('MEMBER', 'name it better', 'conversation');
    const second = await news(taken);
    expect(second).toMatchObject({
      kind: 'feedback',
      comments: [{ author: 'acme', body: 'name it better' }],
    });
    const all = [...taken, ...(second.kind === 'feedback' ? second.taken : [])];
    expect(await news(all)).toEqual({ kind: 'quiet' });
  });

  test("are somebody else's push, not one's own that is not shown yet, and its end", async () => {
    await open();
    const was = await git(remote, 'rev-parse', 'topic');
    await git(remote, 'update-ref', 'refs/heads/topic', await git(remote, 'rev-parse', 'main'));
    const moved = await pullRequestNews(client(), {
      repository: 'acme/widgets',
      number: 1,
      head: was,
      taken: [],
    });
    expect(moved).toMatchObject({ kind: 'moved' });
    // Right after a push a pull request still shows what was there before; only the branch itself tells.
    github.lagBehind(was);
    expect(await news()).toEqual({ kind: 'quiet' });
    github.lagBehind(undefined);
    github.close(false);
    expect(await news()).toEqual({ kind: 'closed', merged: false });
  });
});
