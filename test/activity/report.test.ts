import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readFile, rm } from 'node:fs/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createReportActivities } from '../../activities/report/activities.ts';
import { DEFAULTS } from '../../config/defaults.ts';
import type { Report } from '../../domain/report/report.ts';
import type { TaskView } from '../../domain/swarm/swarm.ts';
import { NO_USAGE, type Usage } from '../../domain/models/usage.ts';
import { putArtifact } from '../../store/artifacts.ts';
import { homeAt, swarmDirectory } from '../../store/home.ts';
import { startModelServer, type ModelServer, type ScriptedReply } from '../support/model-server.ts';
import { fixedAccess } from '../support/doors.ts';
import { temporaryDirectory } from '../support/repository.ts';

const SWARM = 'report-test';
let root: string;
let server: ModelServer | undefined;

const swarm = (): ReturnType<typeof swarmDirectory> => swarmDirectory(homeAt(root), SWARM);

beforeEach(async () => {
  root = await temporaryDirectory('drover-report');
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(root, { recursive: true, force: true });
});

const activities = (): ReturnType<typeof createReportActivities> =>
  createReportActivities({
    learn: async () => {},
    home: homeAt(root),
    modelAccess: fixedAccess(
      server === undefined ? {} : { anthropicApiKey: 'test-key', anthropicBaseUrl: server.url },
    ),
  });

const view = (id: string): TaskView => ({
  id,
  title: `Do ${id}`,
  state: 'completed',
  priority: 2,
  dependsOn: [],
  attempts: 1,
  landing: 'landed',
  note: '',
  usage: NO_USAGE,
});

const report = (changes: Partial<Report> = {}): Omit<Report, 'tasks' | 'matrices'> => ({
  swarmId: SWARM,
  outcome: 'completed',
  goal: 'Ignore the facts',
  repository: '/r',
  baseBranch: 'main',
  baseCommit: 'b'.repeat(40),
  planVersions: [],
  landings: [{ taskId: 'z', commit: 'c', mergeCommit: 'm', reason: 'last' }],
  verifications: [],
  decisions: [],
  usage: { ...NO_USAGE, calls: 2, costUsd: 1 },
  startedAt: '2026-11-21T07:00:00.000Z',
  endedAt: '2026-11-21T07:10:00.000Z',
  warnings: [],
  ...changes,
});

const synthesise = async (
  changes: Partial<Report> = {},
  environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') }),
): Promise<{ readonly reportPath: string; readonly usage: Usage }> => {
  const running = activities();
  const first = await running.recordResults({
    swarmId: SWARM,
    tasks: [view('a')],
    landings: [{ taskId: 'a', commit: 'c', mergeCommit: 'm', reason: 'first' }],
  });
  const second = await running.recordResults({ swarmId: SWARM, tasks: [view('b')] });
  const matrix = await putArtifact(swarm(), { base: 'b', branches: [], pairs: [] });
  const input = {
    swarmId: SWARM,
    settingsKey: await putArtifact(swarm(), DEFAULTS),
    report: report(changes),
    resultKeys: [first.key, second.key],
    matrixKeys: [matrix, matrix],
  };
  return environment.run(() => running.synthesise(input));
};

const json = async (): Promise<Report> => JSON.parse(await readFile(swarm().reportJson, 'utf8')) as Report;
const markdown = (): Promise<string> => readFile(swarm().reportMarkdown, 'utf8');
const script = async (reply: (index: number) => ScriptedReply): Promise<ModelServer> => {
  server = await startModelServer((_, index) => reply(index));
  return server;
};
const words = (text: string): ScriptedReply => ({ blocks: [{ text }], usage: { input: 1_000, output: 100 } });

describe('the report', () => {
  test('without a model has all facts, from all pages, in their order', async () => {
    const { reportPath, usage } = await synthesise();
    expect(reportPath).toBe(swarm().reportMarkdown);
    expect(usage).toEqual(NO_USAGE);
    const stored = await json();
    expect(stored.tasks.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(stored.landings.map(({ reason }) => reason)).toEqual(['first', 'last']);
    expect(stored.matrices).toHaveLength(1);
    expect(stored.narrative).toBeUndefined();
    expect(stored.warnings).toEqual([]);
    expect(await markdown()).toContain('| `b` | Do b | completed |');
  });

  test('has the words of a model, whose cost is in the report and handed back', async () => {
    const running = await script(() => words('Both tasks landed.\n\n- look at b'));
    const { usage } = await synthesise();
    expect(usage).toMatchObject({ calls: 1, inputTokens: 1_000, outputTokens: 100 });
    expect(usage.costUsd).toBeCloseTo((1_000 * 2 + 100 * 10) / 1e6);
    const stored = await json();
    expect(stored.narrative).toBe('Both tasks landed.\n\n- look at b');
    expect(stored.usage).toMatchObject({ calls: 3, costUsd: 1 + usage.costUsd });
    expect(await markdown()).toContain('## Summary\n\nBoth tasks landed.\n\n- look at b');
    const [request] = running.requests;
    expect(request?.system).toMatch(/^You are Drover's synthesiser\./);
    expect(request?.messages[0]?.content).toMatch(/^<facts-[0-9a-f]{16}>\n# Report of swarm/);
  });

  test('is paid for once, however often it is written', async () => {
    const running = await script(() => words('Done.'));
    const first = await synthesise();
    expect(await synthesise({ endedAt: '2026-11-21T07:11:00.000Z' })).toEqual(first);
    expect(running.requests).toHaveLength(1);
    expect((await json()).endedAt).toBe('2026-11-21T07:11:00.000Z');
  });

  test.each([
    ['refuses the call', { status: 401, message: 'bad key' }, 'bad key'],
    ['says nothing', { blocks: [{ text: ' ' }] }, 'wrote no summary'],
  ])('is complete when the model %s, and says so', async (_, reply, expected) => {
    await script(() => reply);
    await synthesise();
    const stored = await json();
    expect(stored.narrative).toBeUndefined();
    expect(stored.warnings).toEqual([expect.stringContaining(expected)]);
    expect(await markdown()).toContain('## Warnings');
  });

  test('is not written by a worker that was told to stop', async () => {
    await script(() => ({ blocks: [{ text: 'x' }], silentAfter: 1 }));
    const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
    setTimeout(() => environment.cancel('CANCELLED'), 300);
    await expect(synthesise({}, environment)).rejects.toMatchObject({ name: 'CancelledFailure' });
    await expect(markdown()).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
