/** Attacks A2 and A5 against the API of a real Drover: whoever is not let in changes nothing. */
import { spawnSync } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SwarmHandle } from '../../api/swarm-handle.ts';
import { plainLine } from '../../domain/text.ts';
import { apiOf, listen, type ApiClient } from '../support/api-client.ts';
import { startDrover, until, type Drover } from '../support/drover.ts';
import { task } from '../support/plan-task.ts';
import { makeRepository } from '../support/repository.ts';

let drover: Drover;
let api: ApiClient;
let swarm: SwarmHandle;
let cookie: string;
let repository: string;

beforeAll(async () => {
  drover = await startDrover();
  api = await apiOf(drover);
  repository = join(drover.root, 'repository');
  await makeRepository(repository, { 'README.md': 'hello\n' });
  swarm = await drover.start(
    repository,
    [task('wait', { command: 'sleep 600' })],
    { gates: { plan: 'ask', task: 'ask', conflict: 'ask', build: 'ask', test: 'ask', phase: 'ask' } },
    { approve: false },
  );
  await until(async () => (await swarm.state()).phase === 'awaiting_approval', 60, 'the plan waits');
  const { stdout } = await drover.cli(['up', '--json']);
  const { loginUrl } = (JSON.parse(stdout) as { api: { loginUrl: string } }).api;
  const login = await fetch(loginUrl);
  const set = login.headers.get('set-cookie') ?? '';
  expect(set).toMatch(/HttpOnly/);
  expect(set).toMatch(/SameSite=Strict/);
  cookie = set.split(';')[0] ?? '';
}, 120_000);
afterAll(() => drover.close());

/** With headers that `fetch` does not let a program set, such as Host. */
const send = (
  path: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(api.url);
    const request = httpRequest(
      { hostname, port, path, method, headers, setHost: !('host' in headers) },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    request.on('error', reject);
    request.end(body);
  });

const unchanged = async (): Promise<void> => {
  const state = await swarm.state();
  expect([state.phase, state.paused]).toEqual(['awaiting_approval', false]);
};

const json = { 'content-type': 'application/json' };
const approve = (): string => `/api/swarms/${swarm.id}/plan/approve`;

describe('A5: who is not let in', () => {
  test('the token lies in a file for its owner only, and is not on any command line or in the log', async () => {
    expect((await stat(drover.home.tokenFile)).mode & 0o777).toBe(0o600);
    const log = await readFile(join(drover.home.logsDirectory, 'api.log'), 'utf8');
    expect(log).not.toContain(api.token);
    expect(spawnSync('ps', ['axww', '-o', 'args']).stdout.toString()).not.toContain(api.token);
  });

  test.each([
    ['without a token', {}],
    ['with a wrong token', { authorization: `Bearer ${'x'.repeat(43)}` }],
    ['with the token as basic login', { authorization: 'Basic eDp5' }],
    ['with a forged cookie', { cookie: 'forged' }],
  ])('%s: 401 everywhere, and nothing happens', async (_, given: Record<string, string>) => {
    const name = cookie.split('=')[0] ?? '';
    const headers = given['cookie'] === undefined ? given : { cookie: `${name}=zzzzzzzz.AAAA` };
    for (const path of [
      '/api/swarms',
      `/api/swarms/${swarm.id}`,
      `/api/swarms/${swarm.id}/stream`,
      '/metrics',
      '/api/settings',
    ])
      expect([path, (await send(path, { headers })).status]).toEqual([path, 401]);
    for (const action of ['plan/approve', 'pause', 'cancel'])
      expect(
        (
          await send(`/api/swarms/${swarm.id}/${action}`, {
            method: 'POST',
            headers: { ...headers, ...json },
            body: '{}',
          })
        ).status,
      ).toBe(401);
    for (const channel of ['status', 'logs', 'teams', 'gm'])
      await expect(listen(api, channel, headers)).rejects.toThrow('401');
    await unchanged();
  });

  test('a cookie that is signed for another time or purpose is none', async () => {
    const [name = '', value = ''] = cookie.split('=');
    const later = `${(Date.now() + 1e12).toString(36)}.${value.split('.')[1] ?? ''}`;
    expect((await send('/api/swarms', { headers: { cookie } })).status).toBe(200);
    expect((await send('/api/swarms', { headers: { cookie: `${name}=${later}` } })).status).toBe(401);
    expect((await send(`/login?code=${encodeURIComponent(value)}`)).status).toBe(403);
  });

  test('a foreign Host is refused, with a token too: a name that was pointed here opens nothing', async () => {
    const authorization = `Bearer ${api.token}`;
    for (const host of [
      'evil.example',
      'evil.example:80',
      '127.0.0.1.evil.example',
      'localhost.evil.example',
      '0.0.0.0',
      '',
    ]) {
      expect((await send('/api/swarms', { headers: { host, authorization } })).status).toBeGreaterThanOrEqual(
        400,
      );
      const posted = await send(approve(), {
        method: 'POST',
        headers: { host, authorization, ...json },
        body: '{}',
      });
      expect(posted.status).toBeGreaterThanOrEqual(400);
    }
    expect((await send('/', { headers: { host: 'evil.example', accept: 'text/html' } })).status).toBe(403);
    await unchanged();
  });

  test('a browser’s change without an Origin or with a foreign one is refused', async () => {
    const { host } = new URL(api.url);
    const origins = [
      undefined,
      'null',
      'http://evil.example',
      `http://${host}.evil.example`,
      'http://127.0.0.1:1',
      `https://user@${host}x`,
    ];
    for (const origin of origins) {
      const headers = { cookie, ...json, ...(origin === undefined ? {} : { origin }) };
      expect([origin, (await send(approve(), { method: 'POST', headers, body: '{}' })).status]).toEqual([
        origin,
        403,
      ]);
      await expect(
        listen(api, 'gm', { cookie, ...(origin === undefined ? {} : { origin }) }),
      ).rejects.toThrow('403');
    }
    const byToken = { authorization: `Bearer ${api.token}`, origin: 'http://evil.example', ...json };
    expect((await send(approve(), { method: 'POST', headers: byToken, body: '{}' })).status).toBe(403);
    await unchanged();
    const own = await listen(api, 'gm', { cookie, origin: api.url });
    own.socket.terminate();
  });

  test('a page of another site cannot post a form: it must be JSON', async () => {
    const headers = { cookie, origin: api.url, 'content-type': 'text/plain' };
    expect((await send(approve(), { method: 'POST', headers, body: '{}' })).status).toBe(415);
    await unchanged();
  });

  test('pages allow nothing from elsewhere, and no other site may frame them', async () => {
    const { headers } = await api.raw('/health');
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  test('what WebSocket clients send is not read, and a long message ends the connection', async () => {
    const channel = await listen(api, 'gm');
    const closed = new Promise<number>((resolve) => channel.socket.once('close', resolve));
    channel.socket.send('x'.repeat(100_000));
    expect(await closed).toBe(1009);
  });
});

const HOSTILE = [
  '../../../etc/passwd',
  '--upload-pack=touch /tmp/pwned',
  '$(touch pwned)',
  '`touch pwned`',
  "'; drop table events; --",
  '\u001b]0;pwned\u0007\u001b[2J',
  '\u202eevil',
  '<img src=x onerror=alert(1)>',
  'a\nb\r\nSet-Cookie: x=y',
  '%00',
  'x'.repeat(10_000),
];

describe('A2: hostile strings', () => {
  test('in paths they are no id: refused, and nothing is read outside', async () => {
    for (const text of HOSTILE) {
      const id = encodeURIComponent(text);
      for (const path of [
        `/api/swarms/${id}`,
        `/api/swarms/${id}/stream`,
        `/api/swarms/${swarm.id}/tasks/${id}`,
        `/api/swarms/${swarm.id}/agents/${id}/log`,
        `/api/swarms/${swarm.id}/diff?task=${id}`,
        `/api/gm/projects/${id}`,
      ]) {
        const answer = await api.get(path);
        expect([path.slice(0, 80), [400, 404, 414, 431].includes(answer.status)]).toEqual([
          path.slice(0, 80),
          true,
        ]);
        expect(answer.text).not.toContain('root:');
      }
    }
    const traversal = await api.get('/..%2f..%2f..%2fetc%2fpasswd', { accept: 'text/html' });
    expect(traversal.text).not.toContain('root:');
  });

  test('as repository, base or task id they start nothing', async () => {
    for (const text of HOSTILE) {
      const plan = { tasks: [{ id: 'a', title: 'a', description: 'a', command: 'true' }] };
      const config = { executor: 'command' };
      expect((await api.post('/api/swarms', { repository: text, plan, config })).status).toBe(400);
      expect((await api.post('/api/swarms', { repository, base: text, plan, config })).status).toBe(400);
      const badId = { tasks: [{ ...plan.tasks[0], id: text }] };
      expect((await api.post('/api/swarms', { repository, plan: badId, config })).status).toBe(400);
    }
    expect((await api.get<{ swarms: object[] }>('/api/swarms')).body.swarms).toHaveLength(1);
  });

  test('as texts of people they are kept as they are, and do nothing', async () => {
    const texts = HOSTILE.filter((text) => plainLine(text) !== '' && text.length < 2_000);
    const plan = {
      goal: texts.join(' '),
      tasks: texts.map((text, index) => ({
        id: `t${index}`,
        title: text,
        description: text,
        command: 'true',
      })),
    };
    const started = await api.post('/api/swarms', { repository, plan, config: { executor: 'command' } });
    expect(started.status).toBe(201);
    const id = String(started.body['id']);
    expect(id).toMatch(/^[a-z0-9][a-z0-9-]{0,59}$/);
    await until(
      async () => (await api.get(`/api/swarms/${id}`)).body['phase'] === 'awaiting_approval',
      60,
      'its plan waits',
    );
    const view = await api.get(`/api/swarms/${id}`);
    expect(view.headers.get('content-type')).toContain('application/json');
    expect((await api.post(`/api/swarms/${id}/cancel`)).status).toBe(204);
    await expect(stat(join(repository, 'pwned'))).rejects.toThrow('ENOENT');
  });

  test('as branch or remote of a result they are refused, and nothing is run or written', async () => {
    for (const text of HOSTILE.filter((one) => one.length < 2_000)) {
      const id = swarm.id;
      for (const [path, body] of [
        [`/api/swarms/${id}/merge`, { into: text }],
        [`/api/swarms/${id}/push`, { remote: text }],
        [`/api/swarms/${id}/push`, { remote: 'origin', branch: text }],
        [`/api/teams/${id}/merge`, { into: text }],
        ['/api/gm/launch', { repo_path: repository, template: text }],
      ] as const) {
        const answer = await api.post(path, body);
        expect([path, text, [400, 404, 409, 422].includes(answer.status)]).toEqual([path, text, true]);
      }
    }
    await expect(stat(join(repository, 'pwned'))).rejects.toThrow('ENOENT');
    await unchanged();
  });

  test('on the command line they are refused, and do nothing to the terminal', async () => {
    const escape = '\u001b]0;pwned\u0007\u001b[2J';
    for (const args of [
      ['status', '../../../etc/passwd'],
      ['task', swarm.id, '$(touch pwned)'],
      ['logs', swarm.id, escape],
      ['merge', swarm.id, '--into=--output=pwned'],
      ['push', swarm.id, '--remote=ext::sh -c "touch pwned"'],
      ['run', escape, '--base=--upload-pack=touch pwned', '--executor=command', '--command=true'],
    ]) {
      const { code, stdout, stderr } = await drover.cli(args, { cwd: repository });
      expect([args, [2, 3, 4, 5].includes(code)]).toEqual([args, true]);
      // oxlint-disable-next-line no-control-regex -- that is what it is about
      expect(stdout + stderr).not.toMatch(/[\u0007\u001b]/);
      expect(stdout + stderr).not.toContain('root:');
    }
    await expect(stat(join(repository, 'pwned'))).rejects.toThrow('ENOENT');
    await unchanged();
  });

  test('JSON that tries to be more than JSON is refused or inert', async () => {
    const bodies = [
      '{',
      '[]',
      '"x"',
      'null',
      '{"__proto__":{"version":1}}',
      '{"constructor":1}',
      '['.repeat(50_000),
    ];
    for (const body of bodies) {
      const headers = { authorization: `Bearer ${api.token}`, ...json };
      const answer = await send(`/api/swarms/${swarm.id}/pause`, { method: 'POST', headers, body });
      if (!body.includes('__proto__'))
        expect([body.slice(0, 20), answer.status]).toEqual([body.slice(0, 20), 400]);
      else if (answer.status === 204) await api.post(`/api/swarms/${swarm.id}/resume`);
    }
    expect(({} as Record<string, unknown>)['version']).toBeUndefined();
    const large = await send(`/api/swarms/${swarm.id}/pause`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.token}`, ...json },
      body: JSON.stringify({ x: 'x'.repeat(5_000_000) }),
    });
    expect(large.status).toBe(413);
  });
});
