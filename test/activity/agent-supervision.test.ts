import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { closeSwarm } from '../../activities/agents/close-swarm.ts';
import { identityOf, isAlive } from '../../activities/process/identity.ts';
import { endMarked, findMarked } from '../../activities/process/sweep.ts';
import type { RunnerClaim } from '../../domain/agents/agent.ts';
import {
  eventually,
  openAgentHome,
  readJson,
  resultOf,
  SWARM,
  type AgentHome,
  type PreparedAgent,
} from '../support/agent-home.ts';

jest.setTimeout(60_000);

let home: AgentHome;
beforeEach(async () => {
  home = await openAgentHome();
});
afterEach(async () => {
  expect(await home.close()).toEqual([]);
});

/** Where commands say that they were started: outside of workspaces, which are removed. */
const startsFile = (agent: PreparedAgent): string => join(home.root, `${agent.id}.starts`);
/** A command that counts its starts, says that it is there and goes on until there is a file `go`. */
const untilGo = `echo started >> "$STARTS"; until [ -f "$GO" ]; do sleep 0.05; done; echo done > done.txt`;

const prepare = (command: string, changes: Parameters<AgentHome['prepare']>[1] = {}) =>
  home.prepare(command, {
    ...changes,
    env: { STARTS: join(home.root, 'agent-0.starts'), GO: join(home.root, 'go') },
  });
const go = (): Promise<void> => writeFile(join(home.root, 'go'), '');

const starts = async (agent: PreparedAgent): Promise<number> =>
  (await readFile(startsFile(agent), 'utf8').catch(() => '')).split('\n').length - 1;
const started = (agent: PreparedAgent): Promise<true> =>
  eventually(async () => ((await starts(agent)) > 0 ? true : undefined));
const claimOf = (agent: PreparedAgent): Promise<RunnerClaim> => readJson<RunnerClaim>(agent.directory.claim);
const processesOf = (agent: PreparedAgent): Promise<readonly RunnerClaim[]> =>
  findMarked(new Set([agent.marker]));
const gone = async (agent: PreparedAgent, seconds: number): Promise<void> => {
  await eventually(async () => ((await processesOf(agent)).length === 0 ? true : undefined), seconds);
};

/** Forks twice, leaves the session and ignores what it can. */
const STUBBORN = `
  trap "" INT TERM HUP
  (setsid sh -c 'trap "" INT TERM HUP; (while :; do sleep 1; done) & while :; do sleep 1; done' &) &
  env -i /bin/sh -c 'trap "" INT TERM; while :; do /bin/sleep 1; done' &
  echo started >> "$STARTS"
  while :; do sleep 1; done`;

describe('an agent runs once, whoever watches it', () => {
  test('a worker that shuts down leaves it running, and the next one takes it up', async () => {
    const agent = await prepare(untilGo);
    const first = home.start(agent);
    await started(agent);
    const claim = await claimOf(agent);
    first.shutDown();
    await expect(first.report).rejects.toMatchObject({ type: 'unavailable', nonRetryable: false });
    expect(isAlive(claim)).toBe(true);

    const second = home.start(agent);
    await go();
    expect(await second.report).toMatchObject({ outcome: 'completed', changed: true });
    expect(await claimOf(agent)).toEqual(claim);
    expect(await starts(agent)).toBe(1);
  });

  test('ten tries at once start it once, and all of them get its result', async () => {
    const agent = await prepare(untilGo);
    const runs = Array.from({ length: 10 }, () => home.start(agent));
    await started(agent);
    await sleep(500);
    await go();
    const reports = await Promise.all(runs.map(({ report }) => report));
    expect(new Set(reports.map((report) => JSON.stringify(report))).size).toBe(1);
    expect(reports[0]).toMatchObject({ outcome: 'completed' });
    expect(await starts(agent)).toBe(1);
  });

  test('a result that is there is the answer, and nothing is started', async () => {
    const agent = await prepare('echo started >> "$STARTS"; echo 1 > one');
    const first = await home.start(agent).report;
    expect(await home.start(agent).report).toEqual(first);
    expect(await starts(agent)).toBe(1);
  });

  test('one that only reads hands over its words and nothing that it changed', async () => {
    const agent = await home.prepare('echo x > new.txt; echo y >> README.md; echo looked', {
      readOnly: true,
      allowEmpty: true,
    });
    const report = await home.start(agent).report;
    expect(report).toMatchObject({ outcome: 'completed', changed: false });
    expect(await readdir(agent.directory.root)).not.toContain('work.bundle');
    expect(await readFile(agent.directory.events, 'utf8')).toContain('the changes were dropped');
  });

  test('a runner whose starter died before it handed over the access starts nothing', async () => {
    const agent = await prepare(untilGo);
    const runner = spawn(process.execPath, [home.deps.runnerEntry, agent.directory.spec], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    runner.stdin.end();
    expect(await once(runner, 'exit')).toEqual([76, null]);
    expect(await readdir(agent.directory.root)).toEqual(['spec.json']);
    await go();
    expect((await home.start(agent).report).outcome).toBe('completed');
  });

  test('a runner that finds the agent taken ends with code 75', async () => {
    const agent = await prepare(untilGo);
    const run = home.start(agent);
    await started(agent);
    const runner = spawn(process.execPath, [home.deps.runnerEntry, agent.directory.spec], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    runner.stdin.end('{}');
    expect(await once(runner, 'exit')).toEqual([75, null]);
    await go();
    await run.report;
    expect(await starts(agent)).toBe(1);
  });

  test('a program that is no runner is a failure that says why', async () => {
    const agent = await prepare('true');
    home.deps.runnerEntry = join(home.root, 'missing.js');
    await expect(home.start(agent).report).rejects.toMatchObject({
      type: 'toolBroken',
      message: expect.stringContaining('missing.js'),
    });
  });

  test('its end is noticed within moments', async () => {
    const agent = await prepare(untilGo);
    const run = home.start(agent);
    await started(agent);
    await go();
    await run.report;
    const noticed = Date.now();
    expect(noticed - Date.parse((await resultOf(agent)).endedAt)).toBeLessThan(300);
  });

  test('heartbeats say where in the log it is and what it does', async () => {
    const agent = await prepare(`echo "thinking hard"; ${untilGo}`);
    const run = home.start(agent);
    const beats: { position: number; note: string }[] = [];
    run.env.on('heartbeat', (beat: { position: number; note: string }) => beats.push(beat));
    await eventually(() => beats.find((beat) => beat.position > 0));
    expect(beats.at(-1)?.note).toBe('thinking hard');
    await go();
    await run.report;
  });
});

describe('a runner that dies', () => {
  test('by SIGKILL makes the agent lost, and nothing of it goes on', async () => {
    const agent = await prepare(STUBBORN);
    const run = home.start(agent);
    await started(agent);
    process.kill((await claimOf(agent)).pid, 'SIGKILL');
    expect(await run.report).toMatchObject({ outcome: 'lost', changed: false });
    expect(await processesOf(agent)).toEqual([]);
    expect((await resultOf(agent)).outcome).toBe('lost');
  });

  test('while nobody watches is found lost by the next try', async () => {
    const agent = await prepare(STUBBORN);
    const run = home.start(agent);
    await started(agent);
    run.shutDown();
    await run.report.catch(() => undefined);
    process.kill((await claimOf(agent)).pid, 'SIGKILL');
    expect((await home.start(agent).report).outcome).toBe('lost');
    expect(await processesOf(agent)).toEqual([]);
    expect(await starts(agent)).toBe(1);
  });

  test('at a crash point in the middle of the commit makes the agent lost', async () => {
    const agent = await prepare('echo 1 > one');
    home.deps.env = { ...home.deps.env, DROVER_TEST: '1', DROVER_CRASH_AT: 'commit.after' };
    expect((await home.start(agent).report).outcome).toBe('lost');
    expect(await readdir(home.home.root)).toContain('crashed');
  });

  test('leaves what its model calls cost in the result', async () => {
    const agent = await prepare(untilGo);
    const run = home.start(agent);
    await started(agent);
    const usage = { inputTokens: 10, outputTokens: 5, calls: 1, costUsd: 0.25 };
    const line = JSON.stringify({ at: new Date().toISOString(), kind: 'usage', usage });
    await writeFile(agent.directory.events, `${line}\n${line}\n`, { flag: 'a' });
    process.kill((await claimOf(agent)).pid, 'SIGKILL');
    expect((await run.report).usage).toMatchObject({ inputTokens: 20, calls: 2, costUsd: 0.5 });
  });

  test('is not mistaken for a stranger who has its pid now: the stranger is neither adopted nor signalled', async () => {
    const agent = await prepare('echo 1 > one');
    const stranger = spawn('sleep', ['60']);
    try {
      const real = identityOf(stranger.pid ?? 0)!;
      await writeFile(agent.directory.claim, JSON.stringify({ ...real, startTime: '12345' }));
      expect((await home.start(agent).report).outcome).toBe('lost');
      expect(isAlive(real)).toBe(true);
      const other = await home.prepare('echo 1 > one');
      await writeFile(other.directory.claim, JSON.stringify({ ...real, bootId: 'another-boot' }));
      expect((await home.start(other).report).outcome).toBe('lost');
      expect(isAlive(real)).toBe(true);
    } finally {
      stranger.kill('SIGKILL');
    }
  });
});

describe('a requested cancel', () => {
  test('ends an agent that forks twice, leaves its session and ignores every signal', async () => {
    const agent = await prepare(STUBBORN);
    const run = home.start(agent);
    await started(agent);
    expect((await processesOf(agent)).length).toBeGreaterThan(3);
    run.cancel();
    await gone(agent, 5);
    expect(await run.report).toMatchObject({ outcome: 'cancelled' });
  });

  test('lets an agent clean up that listens to SIGINT, and keeps its work for people', async () => {
    const agent = await prepare(
      `trap 'echo tidy > tidy.txt; exit 0' INT; echo started >> "$STARTS"; while :; do sleep 0.05; done`,
    );
    const run = home.start(agent);
    await started(agent);
    run.cancel();
    expect(await run.report).toMatchObject({ outcome: 'cancelled', changed: false });
    expect((await resultOf(agent)).bundle).toBe('work.bundle');
  });

  test('with the file `kill` in the run directory is a kill with its reason', async () => {
    const agent = await prepare(untilGo);
    const run = home.start(agent);
    await started(agent);
    await writeFile(join(agent.directory.root, 'kill'), 'it went in circles\n');
    run.cancel();
    expect(await run.report).toMatchObject({ outcome: 'killed', summary: 'it went in circles' });
  });

  test('before the start starts nothing, now or later', async () => {
    const agent = await prepare('echo started >> "$STARTS"');
    const run = home.start(agent);
    run.cancel();
    expect(await run.report).toMatchObject({ outcome: 'cancelled' });
    await sleep(300);
    expect((await home.start(agent).report).outcome).toBe('cancelled');
    expect((await resultOf(agent)).outcome).toBe('cancelled');
  });

  test('ends an agent whose runner is stopped and does not answer', async () => {
    const agent = await prepare(STUBBORN, { limits: { graceSeconds: 0 } });
    const run = home.start(agent);
    await started(agent);
    const claim = await claimOf(agent);
    process.kill(claim.pid, 'SIGSTOP');
    run.cancel();
    expect(await run.report).toMatchObject({ outcome: 'cancelled' });
    expect(isAlive(claim)).toBe(false);
    expect(await processesOf(agent)).toEqual([]);
  });
});

test('a Drover inside an agent belongs to that agent: its runners are found with the rest', async () => {
  const outer = randomBytes(16).toString('hex');
  home.deps.env = { ...home.deps.env, DROVER_AGENT_MARKER: outer };
  const agent = await prepare(STUBBORN);
  const run = home.start(agent);
  await started(agent);
  await endMarked(new Set([outer]), { graceMs: 0 });
  expect((await run.report).outcome).toBe('lost');
  expect(await processesOf(agent)).toEqual([]);
});

test('a runner that hangs long after the limit is ended as a timeout', async () => {
  const agent = await prepare(STUBBORN, { limits: { wallSeconds: 3_600, graceSeconds: 0 } });
  const first = home.start(agent);
  await started(agent);
  first.shutDown();
  const claim = await claimOf(agent);
  process.kill(claim.pid, 'SIGSTOP');
  // As if it had been started long ago.
  const longAgo = new Date(Date.now() - 3_600_000 - 61_000);
  await utimes(agent.directory.claim, longAgo, longAgo);
  expect(await home.start(agent).report).toMatchObject({ outcome: 'timeout' });
  expect(isAlive(claim)).toBe(false);
  expect(await processesOf(agent)).toEqual([]);
});

test('a message reaches the inbox once, however often its delivery is tried', async () => {
  const agent = await prepare('true');
  const run = home.start(agent);
  const deliver = (text: string): Promise<unknown> =>
    run.env.run(async () => home.activities.deliverMessage({ swarmId: SWARM, agentId: agent.id, text }));
  await deliver('first');
  await deliver('first');
  const names = await readdir(agent.directory.inbox);
  expect(names).toEqual([expect.stringMatching(/^\d{16}-[0-9a-f]{16}\.msg$/)]);
  expect(await readFile(join(agent.directory.inbox, names[0]!), 'utf8')).toBe('first');
  await run.report;
});

test('closing a swarm ends all its agents and removes all its workspaces; hub and logs stay', async () => {
  const running = await prepare(STUBBORN);
  const never = await home.prepare('true');
  const run = home.start(running);
  await started(running);
  await writeFile(join(never.spec.workspace, 'odd'), 'x');
  await closeSwarm(home.swarm);
  expect(await processesOf(running)).toEqual([]);
  expect((await run.report).outcome).toBe('cancelled');
  expect((await home.start(never).report).outcome).toBe('cancelled');
  expect((await readdir(home.swarm.root)).sort()).toEqual(['agents', 'repo']);
  await closeSwarm(home.swarm);
});
