/**
 * A local server that speaks GitHub's REST API about one repository, in the shapes of its real answers. Branches are
 * those of a real bare repository; reviews are what the test says, and so are checks until it gives them a command.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RestEndpointMethodTypes } from '@octokit/rest';

const run = promisify(execFile);

type Pull = RestEndpointMethodTypes['pulls']['get']['response']['data'];
type CheckRun = RestEndpointMethodTypes['checks']['listForRef']['response']['data']['check_runs'][number];
type Annotation = RestEndpointMethodTypes['checks']['listAnnotations']['response']['data'][number];
type IssueComment = RestEndpointMethodTypes['issues']['listComments']['response']['data'][number];
type ReviewComment = RestEndpointMethodTypes['pulls']['listReviewComments']['response']['data'][number];

export interface GitHubServer {
  readonly url: string;
  readonly requests: readonly { readonly method: string; readonly path: string; readonly token: string }[];
  pull(): { title: string; body: string; draft: boolean; base: string; head: string } | undefined;
  readonly opened: () => number;
  /** The check of every commit, from now on. @param conclusion undefined while it runs */
  check(conclusion: 'success' | 'failure' | undefined, output?: string): void;
  /** From now on the check of a commit is this command, run in a checkout of it. */
  runChecks(command: string): void;
  /** How the check of each commit ended that was run so, in this order. */
  readonly checked: () => readonly string[];
  /** Pull requests show their branch as it was before, as GitHub does for a moment after a push. */
  lagBehind(head: string | undefined): void;
  /** @param where in a review, at a line of the changes, or in the general conversation, by a person or a program */
  comment(association: string, body: string, where?: 'line' | 'conversation' | 'bot'): void;
  close(merged: boolean): void;
  /** The next request is answered so. */
  failNext(status: number, message: string, headers?: Record<string, string>): void;
  end(): Promise<void>;
}

interface Check {
  conclusion?: 'success' | 'failure';
  output: string;
}

/** In a checkout of its own. */
const runCheck = async (repository: string, commit: string, command: string): Promise<Required<Check>> => {
  const directory = await mkdtemp(join(tmpdir(), 'drover-check-'));
  try {
    await run('sh', ['-c', 'git -C "$0" archive "$1" | tar -x', repository, commit], { cwd: directory });
    const { stdout } = await run('sh', ['-c', command], { cwd: directory });
    return { conclusion: 'success', output: stdout };
  } catch (error) {
    // Not by instanceof: an error of Node's own has another `Error` than what runs under Jest.
    const said = typeof error === 'object' && error !== null && 'stdout' in error ? error.stdout : error;
    return { conclusion: 'failure', output: String(said) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

const TOKEN = 'gh-test-token';
export const GITHUB_TOKEN = TOKEN;

/** @param repository the bare repository that is pushed to */
export const startGitHub = async (repository: string, slug = 'acme/widgets'): Promise<GitHubServer> => {
  const requests: { method: string; path: string; token: string }[] = [];
  const [owner = ''] = slug.split('/');
  let pull: Pick<Pull, 'title' | 'body' | 'draft' | 'state' | 'merged'> & { base: string; head: string };
  let exists = false;
  let count = 0;
  let conclusion: 'success' | 'failure' | undefined = 'success';
  let output = '';
  let command: string | undefined;
  const checks = new Map<string, Check>();
  const atWork = new Set<Promise<void>>();
  let shownHead: string | undefined;
  const comments: Partial<ReviewComment>[] = [];
  const conversation: Partial<IssueComment>[] = [];
  let failure: { status: number; message: string; headers: Record<string, string> } | undefined;

  const tip = async (branch: string): Promise<string | undefined> => {
    try {
      const { stdout } = await run('git', [
        '-C',
        repository,
        'rev-parse',
        '--verify',
        `refs/heads/${branch}`,
      ]);
      return stdout.trim();
    } catch {
      return undefined;
    }
  };
  const user = { login: owner, id: 1, type: 'User', site_admin: false };
  const pullBody = async (): Promise<Partial<Pull>> => ({
    id: 100,
    number: 1,
    html_url: `https://github.example/${slug}/pull/1`,
    state: pull.state,
    merged: pull.merged,
    title: pull.title,
    body: pull.body,
    draft: pull.draft === true,
    head: {
      ref: pull.head,
      sha: shownHead ?? (await tip(pull.head)) ?? '',
      label: `${owner}:${pull.head}`,
    } as Pull['head'],
    base: {
      ref: pull.base,
      sha: (await tip(pull.base)) ?? '',
      label: `${owner}:${pull.base}`,
    } as Pull['base'],
  });
  const checkOf = (commit: string): Check => {
    if (command === undefined) return { output, ...(conclusion === undefined ? {} : { conclusion }) };
    const known = checks.get(commit);
    if (known !== undefined) return known;
    const check: Check = { output: '' };
    checks.set(commit, check);
    const work = runCheck(repository, commit, command).then((end) => void Object.assign(check, end));
    atWork.add(work);
    return check;
  };
  const checkRun = (commit: string): Partial<CheckRun> => {
    const { conclusion: end, output: said } = checkOf(commit);
    return {
      id: 7,
      name: 'ci / test',
      status: end === undefined ? 'in_progress' : 'completed',
      conclusion: end ?? null,
      output: {
        title: end === 'failure' ? 'Tests failed' : null,
        summary: said === '' ? null : said,
        text: null,
        annotations_count: end === 'failure' && command === undefined ? 1 : 0,
        annotations_url: '',
      },
    };
  };
  const annotation: Partial<Annotation> = {
    path: 'src/a.txt',
    start_line: 1,
    end_line: 1,
    annotation_level: 'failure',
    message: 'expected something else',
  };

  const send = (response: ServerResponse, status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify(body));
  };
  const invalid = (response: ServerResponse, message: string): void =>
    send(response, 422, {
      message: 'Validation Failed',
      errors: [{ resource: 'PullRequest', code: 'custom', message }],
      documentation_url: 'https://docs.github.com/rest',
      status: '422',
    });

  const create = async (response: ServerResponse, body: Record<string, unknown>): Promise<void> => {
    const {
      head,
      base,
      title,
      draft,
      body: text = '',
    } = body as {
      body?: string;
      head: string;
      base: string;
      title: string;
      draft?: boolean;
    };
    const [from, to] = [await tip(head), await tip(base)];
    if (from === undefined || to === undefined) return invalid(response, 'head or base is invalid');
    if (from === to) return invalid(response, `No commits between ${base} and ${head}`);
    if (exists && pull.state === 'open')
      return invalid(response, `A pull request already exists for ${owner}:${head}.`);
    if (text.length > 65_536) return invalid(response, 'body is too long');
    pull = {
      title,
      body: text,
      draft: draft === true,
      state: 'open',
      merged: false,
      base,
      head,
    };
    exists = true;
    comments.length = 0;
    conversation.length = 0;
    count += 1;
    send(response, 201, await pullBody());
  };

  const answer = async (request: IncomingMessage, response: ServerResponse, text: string): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const token = (request.headers.authorization ?? '').replace(/^(token|bearer) /i, '');
    requests.push({ method: request.method ?? '', path: url.pathname, token });
    if (failure !== undefined) {
      const { status, message, headers } = failure;
      failure = undefined;
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify({ message, documentation_url: 'https://docs.github.com/rest' }));
      return;
    }
    if (token !== TOKEN) return send(response, 401, { message: 'Bad credentials', status: '401' });
    const prefix = `/repos/${slug}`;
    if (!url.pathname.startsWith(prefix)) return send(response, 404, { message: 'Not Found', status: '404' });
    const path = url.pathname.slice(prefix.length);
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
    const commit = /[0-9a-f]{40}/.exec(path)?.[0] ?? '';
    const ref = /^\/git\/ref\/heads%2F(.+)$/i.exec(path)?.[1];
    if (request.method === 'GET' && ref !== undefined) {
      const sha = await tip(decodeURIComponent(ref));
      return sha === undefined
        ? send(response, 404, { message: 'Not Found', status: '404' })
        : send(response, 200, { ref: `refs/heads/${ref}`, object: { type: 'commit', sha } });
    }
    const route = `${request.method} ${path.replace(commit === '' ? /$^/ : commit, ':sha')}`;
    switch (route) {
      case 'GET /pulls': {
        const listed =
          exists &&
          pull.state === 'open' &&
          url.searchParams.get('head') === `${owner}:${pull.head}` &&
          url.searchParams.get('base') === pull.base;
        return send(response, 200, listed ? [await pullBody()] : []);
      }
      case 'POST /pulls':
        return create(response, body);
      case 'PATCH /pulls/1':
        pull = { ...pull, title: String(body['title']), body: String(body['body']) };
        return send(response, 200, await pullBody());
      case 'GET /pulls/1':
        return send(response, 200, await pullBody());
      case 'GET /pulls/1/comments':
        return send(response, 200, comments);
      case 'GET /issues/1/comments':
        return send(response, 200, conversation);
      case 'GET /pulls/1/reviews':
        return send(response, 200, []);
      case 'GET /commits/:sha/check-runs':
        return send(response, 200, { total_count: 1, check_runs: [checkRun(commit)] });
      case 'GET /commits/:sha/status':
        return send(response, 200, { state: 'pending', total_count: 0, statuses: [] });
      case 'GET /check-runs/7/annotations':
        return send(response, 200, [annotation]);
      default:
        return send(response, 404, { message: 'Not Found', status: '404' });
    }
  };

  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      answer(request, response, text).catch((error: unknown) =>
        send(response, 500, { message: String(error) }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    opened: () => count,
    pull: () =>
      exists
        ? {
            title: pull.title,
            body: pull.body ?? '',
            draft: pull.draft === true,
            base: pull.base,
            head: pull.head,
          }
        : undefined,
    runChecks: (given) => {
      command = given;
    },
    checked: () => [...checks.values()].map(({ conclusion: end }) => end ?? 'running'),
    lagBehind: (head) => {
      shownHead = head;
    },
    check: (next, said = '') => {
      command = undefined;
      conclusion = next;
      output = said;
    },
    comment: (association, said, place = 'line') => {
      const common = {
        id: 900 + comments.length + conversation.length,
        author_association: association as ReviewComment['author_association'],
        body: said,
        created_at: new Date().toISOString(),
      };
      const by = place === 'bot' ? { ...user, login: `${owner}[bot]`, type: 'Bot' } : user;
      if (place === 'line')
        comments.push({ ...common, user: user as ReviewComment['user'], path: 'src/a.txt', line: 1 });
      else conversation.push({ ...common, user: by as IssueComment['user'] });
    },
    close: (merged) => {
      pull = { ...pull, state: 'closed', merged };
    },
    failNext: (status, message, headers = {}) => {
      failure = { status, message, headers };
    },
    end: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.all(atWork);
    },
  };
};
