import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmdirSync } from 'node:fs';
import { mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { littleMemory, openMemoryDesk } from '../../activities/process/free-memory.ts';
import { readClaim } from '../../activities/agents/run-files.ts';
import { openMemoryGroup } from '../../activities/process/memory-group.ts';
import { promisedMemory } from '../../activities/process/promised-memory.ts';
import { AGENT_MARKER, findMarked } from '../../activities/process/sweep.ts';
import type { RunnerClaim } from '../../domain/agents/agent.ts';
import { createEnding } from '../../workers/runner/ending.ts';
import { watchMemory } from '../../workers/runner/memory-watch.ts';
import {
  eventsOf,
  eventually,
  fetchBundle,
  openAgentHome,
  readJson,
  resultOf,
  SWARM,
  type AgentHome,
  type PreparedAgent,
} from '../support/agent-home.ts';
import { openDoors } from '../support/doors.ts';
import { sandboxTest } from '../support/sandbox.ts';

jest.setTimeout(60_000);

const MEGABYTE = 1_000_000;
const MEBIBYTE = 1_048_576;

/** More at once than a limit of 150 MB allows. */
const HOG = `node -e "globalThis.kept = Buffer.alloc(400e6, 1)"`;

const probeGroup = openMemoryGroup(`test${process.pid}`, 64 * MEBIBYTE);
probeGroup?.remove();
const testInGroup = probeGroup === undefined ? test.skip : test;
const groupsOf = ({ marker }: PreparedAgent): string[] =>
  readdirSync(dirname(probeGroup?.path ?? '/')).filter((name) => name.includes(marker));

let home: AgentHome;
beforeEach(async () => {
  home = await openAgentHome();
});
afterEach(async () => {
  expect(await home.close()).toEqual([]);
});

/** The most memory that a process ever held, in bytes. */
const peakMemory = async (pid: number): Promise<number> => {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1_024;
};

/** Runs the agent and watches how much memory its runner takes. */
const runWatched = async (agent: PreparedAgent) => {
  const run = home.start(agent);
  let peak = 0;
  const over = run.report.then(
    () => true,
    () => true,
  );
  while (!(await Promise.race([over, sleep(50, false)]))) {
    const claim = await readJson<RunnerClaim>(agent.directory.claim).catch(() => undefined);
    if (claim !== undefined) peak = Math.max(peak, await peakMemory(claim.pid));
  }
  return { report: await run.report, peak };
};

describe('an agent that prints', () => {
  test('100 MB in lines is done, its log is capped and its runner stays small', async () => {
    const agent = await home.prepare(
      'yes "a line of an agent that says a lot" | head -c 100000000; echo 1 > one',
    );
    const { report, peak } = await runWatched(agent);
    expect(report).toMatchObject({ outcome: 'completed', changed: true });
    expect((await stat(agent.directory.events)).size).toBeLessThan(1.3 * MEGABYTE);
    expect(await resultOf(agent)).toMatchObject({ logTruncated: true });
    const events = await eventsOf(agent);
    expect(events.filter((event) => event.kind === 'notice')).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ kind: 'phase', phase: 'ended' });
    expect(peak).toBeGreaterThan(0);
    expect(peak).toBeLessThan(250 * MEGABYTE);
  });

  test('one line of 5 MB gets it cut in the log, with a word on how much is missing', async () => {
    const { agent, report } = await home.run(
      'head -c 5000000 /dev/zero | tr "\\0" x; echo; echo after; echo 1 > one',
    );
    expect(report.outcome).toBe('completed');
    const output = (await eventsOf(agent)).filter((event) => event.kind === 'output');
    expect(output.map(({ text }) => text.length < 16_100)).toEqual([true, true]);
    expect(output[0]?.text).toMatch(/x … 4984000 characters left out$/);
    expect(output[1]?.text).toBe('after');
    expect(report.summary.length).toBeLessThanOrEqual(2_000);
  });

  test('without end is ended at its limit', async () => {
    const { agent, report } = await home.run('yes', { limits: { outputBytes: 5 * MEGABYTE } });
    expect(report.outcome).toBe('output_limit');
    expect(report.summary).toContain('5000000 bytes');
    expect(await findMarked(new Set([agent.marker]))).toEqual([]);
  });

  test('bytes that are no text, or half a character, does no harm', async () => {
    const { agent } = await home.run('head -c 100000 /dev/urandom; printf "\\n\\303"; echo 1 > one');
    expect((await resultOf(agent)).outcome).toBe('completed');
    expect((await eventsOf(agent)).length).toBeGreaterThan(3);
  });
});

describe('an agent that does not end', () => {
  test('is ended at its time limit, its work kept for people', async () => {
    const { agent, report } = await home.run('echo 1 > one; while :; do sleep 1; done', {
      limits: { wallSeconds: 1 },
    });
    expect(report).toMatchObject({ outcome: 'timeout', changed: false });
    expect(await resultOf(agent)).toMatchObject({ bundle: 'work.bundle' });
    await fetchBundle(home, agent);
  });

  test('but whose command did leaves nothing running', async () => {
    const { agent, report } = await home.run('(setsid sh -c "while :; do sleep 1; done" &) ; echo 1 > one');
    expect(report.outcome).toBe('completed');
    expect(await findMarked(new Set([agent.marker]))).toEqual([]);
  });

  test('in its acceptance command is ended, too', async () => {
    const { report } = await home.run('echo 1 > one', {
      acceptance: 'sleep 100',
      limits: { wallSeconds: 1 },
    });
    expect(report.outcome).toBe('timeout');
  });
});

describe('a disk that is full', () => {
  /** A small disk of its own under everything that Drover writes. */
  const mountSmallDisk = async (path: string): Promise<boolean> => {
    await mkdir(path, { recursive: true });
    return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', path]).status === 0;
  };
  const unmount = (path: string): boolean => spawnSync('umount', ['-l', path]).status === 0;
  const probe = mkdtempSync(join(tmpdir(), 'mount-'));
  const mayMount = spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', probe]).status === 0 && unmount(probe);
  rmdirSync(probe);
  const testOnSmallDisk = mayMount ? test : test.skip;

  testOnSmallDisk(
    'by an agent that goes on regardless ends it, with a result that says so (needs the right to mount)',
    async () => {
      const other = await openAgentHome({
        beforeSwarm: async ({ root }) => {
          expect(await mountSmallDisk(root)).toBe(true);
        },
      });
      try {
        const { agent, report } = await other.run('cat /dev/zero > big; cat /dev/zero > big2; sleep 100');
        expect(report).toMatchObject({ outcome: 'resources_exhausted', changed: false });
        expect(await findMarked(new Set([agent.marker]))).toEqual([]);
      } finally {
        unmount(other.home.root);
        expect(await other.close()).toEqual([]);
      }
    },
  );

  testOnSmallDisk(
    'by an agent that ends well, but too late: its work cannot be kept, and that is said',
    async () => {
      const other = await openAgentHome({
        beforeSwarm: async ({ root }) => {
          expect(await mountSmallDisk(root)).toBe(true);
        },
      });
      try {
        const { report } = await other.run('head -c 6000000 /dev/urandom > big; exit 0');
        expect(report).toMatchObject({ outcome: 'resources_exhausted', changed: false });
        expect(report.summary).toMatch(/No space left|full/i);
      } finally {
        unmount(other.home.root);
        expect(await other.close()).toEqual([]);
      }
    },
  );

  test('in words only, on a disk with room, is no reason to end an agent', async () => {
    const { report } = await home.run(
      'for i in 1 2 3; do echo "No space left on device"; done; echo 1 > one',
    );
    expect(report.outcome).toBe('completed');
  });
});

describe('an agent that', () => {
  test('uses more memory than it may, over several processes, is ended where it is watched', async () => {
    const marker = `watched-${process.pid}`;
    const hog = 'globalThis.kept = Buffer.alloc(90e6, 1); setTimeout(() => {}, 60_000)';
    const env = { ...process.env, [AGENT_MARKER]: marker };
    const hogs = [0, 1].map(() => spawn(process.execPath, ['-e', hog], { env, stdio: 'ignore' }));
    const ending = createEnding();
    const stop = watchMemory(marker, 150 * MEBIBYTE, ending);
    try {
      await once(ending.signal, 'abort');
      expect(ending.reason()).toMatchObject({
        outcome: 'resources_exhausted',
        summary: expect.stringMatching(/used \d+ MB of memory, more than its limit of 150 MB/),
      });
    } finally {
      stop();
      for (const one of hogs) one.kill('SIGKILL');
    }
  });

  testInGroup('fails at its limit of memory is told that the kernel killed it', async () => {
    const { agent, report } = await home.run(`${HOG} && echo 1 > one`, {
      limits: { memoryBytes: 150 * MEBIBYTE },
    });
    expect(report).toMatchObject({
      outcome: 'resources_exhausted',
      summary: 'The agent ran out of memory: the kernel killed 1 of its processes at its limit of 150 MB',
    });
    expect(await findMarked(new Set([agent.marker]))).toEqual([]);
    expect(groupsOf(agent)).toEqual([]);
  });

  (probeGroup === undefined ? test.skip : sandboxTest)('is held to it in a sandbox, too', async () => {
    // Its port is listened on inside, without the rights of root.
    Object.assign(home.deps.doors, openDoors({ gatewayUrl: 'http://127.0.0.1:49999', token: 'token' }));
    const { agent, report } = await home.run(`${HOG} && echo 1 > one`, {
      limits: { memoryBytes: 150 * MEBIBYTE },
      sandbox: { mode: 'required', hosts: [], read: [], objects: join(home.swarm.hub, 'objects') },
    });
    expect(report).toMatchObject({
      outcome: 'resources_exhausted',
      summary: expect.stringContaining('the kernel killed 1 of its processes'),
    });
    expect(groupsOf(agent)).toEqual([]);
  });

  testInGroup('loses its runner leaves no group behind', async () => {
    const agent = await home.prepare('touch started; sleep 100', { limits: { memoryBytes: 150 * MEBIBYTE } });
    const { report } = home.start(agent);
    await eventually(() => existsSync(join(agent.spec.workspace, 'started')) || undefined);
    expect(groupsOf(agent)).toHaveLength(1);
    process.kill((await readJson<RunnerClaim>(agent.directory.claim)).pid, 'SIGKILL');
    expect((await report).outcome).toBe('lost');
    expect(groupsOf(agent)).toEqual([]);
  });

  testInGroup('copes with that once is done, and is ended when it happens again', async () => {
    const coped = await home.run(`${HOG}; echo 1 > one`, { limits: { memoryBytes: 150 * MEBIBYTE } });
    expect(coped.report).toMatchObject({ outcome: 'completed' });
    const again = await home.run(`(setsid ${HOG}); ${HOG}; echo 1 > one; sleep 100`, {
      limits: { memoryBytes: 150 * MEBIBYTE },
    });
    expect(again.report).toMatchObject({
      outcome: 'resources_exhausted',
      summary: expect.stringContaining('killed 2 of its processes'),
    });
    expect(await findMarked(new Set([again.agent.marker]))).toEqual([]);
    expect(groupsOf(again.agent)).toEqual([]);
  });

  test('says nothing for long is reported while it works, and not ended', async () => {
    const { agent, report } = await home.run('sleep 3.5; echo x > file', { limits: { silenceSeconds: 1 } });
    expect(report.outcome).toBe('completed');
    const waits = (await eventsOf(agent)).filter(({ kind }) => kind === 'waiting');
    expect(waits.length).toBeGreaterThanOrEqual(2);
    expect(waits[1]).toMatchObject({ reason: 'the agent has said nothing for 2 s', seconds: 2 });
  });
});

test('no agent starts while less memory is free than it may use', () => {
  expect(littleMemory(4_000_000_000, 0)).toBeUndefined();
  expect(littleMemory(4_000_000_000, 2_000_000_000)).toBeUndefined();
  expect(littleMemory(1_048_576_000, 2_097_152_000)).toBe(
    '1000 MB of memory are free, and an agent may use 2000 MB (limits.memory)',
  );
});

test('agents that have just started count with all that they may use, also those that a worker before this one has let in', async () => {
  let now = Date.now();
  const free = { look: () => ({ free: 5_000, now }) };
  const desk = openMemoryDesk({ ...free, earlier: async () => [] });
  expect(await desk('a', 2_000)).toBeUndefined();
  expect(await desk('b', 2_000)).toBeUndefined();
  expect(await desk('c', 2_000)).toMatch(/limits\.memory/);
  // Who asks again is not counted twice; who has no limit is not asked.
  expect(await desk('a', 2_000)).toBeUndefined();
  expect(await desk('d', 0)).toBeUndefined();
  now += 60_000;
  expect(await desk('c', 2_000)).toBeUndefined();

  now = Date.now();
  const running = await home.prepare('sleep 100', { limits: { memoryBytes: 100 * MEBIBYTE } });
  const { cancel, report } = home.start(running);
  await eventually(() => readClaim(running.directory));
  const ready = await home.prepare('true', { limits: { memoryBytes: 2_000 } });
  const earlier = (freshMs: number) => promisedMemory(home.home, freshMs);
  const next = openMemoryDesk({ ...free, earlier });
  expect(await next('c', 2_000)).toMatch(/^0 MB of memory are free/);
  now += 60_000;
  expect(await next('c', 2_000)).toBeUndefined();

  const promised = async () =>
    (await earlier(30_000)).map(({ agent, bytes }) => `${agent} ${bytes}`).toSorted();
  const mine = `${SWARM}/${running.id} ${100 * MEBIBYTE}`;
  expect(await promised()).toEqual([mine, `${SWARM}/${ready.id} 2000`]);
  await writeFile(ready.directory.claim, '{}');
  const started = new Date(Date.now() - 40_000);
  await utimes(ready.directory.claim, started, started);
  expect(await promised()).toEqual([mine]);
  cancel();
  await report.catch(() => undefined);
  expect(await promised()).toEqual([]);
});
