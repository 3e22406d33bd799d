/**
 * What was begun on an earlier release is ended by this one, as a person upgrades: the services of the earlier release
 * run, agents are at work, then `drover up` of the new one. Nothing is lost, done twice or asked again.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { swarmHandle } from '../../api/swarm-handle.ts';
import type { SwarmView, TaskView } from '../../domain/swarm/swarm.ts';
import { apiOf } from '../support/api-client.ts';
import { completed, startDrover, until, type Drover } from '../support/drover.ts';
import { keptReleases, unpackRelease } from '../support/kept-release.ts';
import { startLedgerSwarm, type LedgerSwarm } from '../support/ledger-swarm.ts';
import { startModelServer, type ModelServer } from '../support/model-server.ts';
import { git, makeRepository } from '../support/repository.ts';
import { isLead, scriptedLead } from '../support/scripted-lead.ts';
import { approve, spawn } from '../support/team.ts';

const SECONDS = 180;
const releases = await keptReleases();

/** Plans and reports at once; work waits for the file `go`. */
const memberProgram = (go: string): string => `
const { existsSync, readFileSync, writeFileSync } = require('fs');
const task = JSON.parse(readFileSync(0, 'utf8'));
const end = () => {
  if (!task.readOnly) writeFileSync(task.task + '.txt', task.description);
  console.log('did ' + task.task);
};
const wait = () => (task.readOnly || existsSync(${JSON.stringify(go)}) ? end() : setTimeout(wait, 50));
wait();
`;

const lead = scriptedLead(({ answers, plans, failed, closing }) => {
  if (closing) return 'Scripted: begun on one release, ended on another.';
  if (answers === 0) return [spawn('a'), spawn('b')];
  if (failed.length > 0) return 'Scripted: a member failed, which the test will see.';
  return plans.length > 0 ? plans.map((name) => approve(name)) : 'Scripted: nothing to do now.';
});

test('there is an earlier release to upgrade from', () => {
  expect(releases.length).toBeGreaterThan(0);
});

describe.each(releases)('from %s', (release) => {
  let drover: Drover;
  let model: ModelServer;
  let go: string;
  let run: LedgerSwarm;
  let repository: string;
  let teamId: string;
  let waitingId: string;
  let oldBuild: string;

  beforeAll(async () => {
    model = await startModelServer((request) =>
      isLead(request) ? lead(request) : { blocks: [{ text: 'Scripted: nobody else asks a model here.' }] },
    );
    drover = await startDrover(
      { ANTHROPIC_API_KEY: 'scripted-key', ANTHROPIC_BASE_URL: model.url },
      (directory) => unpackRelease(release, directory),
    );
    oldBuild = (await drover.services()).build;
    go = join(drover.root, 'go');
    const api = await apiOf(drover);
    const begin = async (path: string, body: object): Promise<string> => {
      const { status, body: answer, text } = await api.post<{ id?: string }>(path, body);
      if (status !== 201 || answer.id === undefined) throw new Error(`${path} answered ${status}: ${text}`);
      return answer.id;
    };
    run = await startLedgerSwarm(
      drover,
      'ledger',
      [
        { id: 'a', seconds: 0, waitsFor: go },
        { id: 'b', seconds: 0, waitsFor: go },
        { id: 'c', seconds: 0 },
        { id: 'd', seconds: 0, dependsOn: ['a', 'c'] },
      ],
      {},
      async (path, tasks, settings = {}) => {
        const config = {
          executor: 'command',
          parallel: 2,
          retries: 0,
          workspace: { env: settings.env ?? {} },
        };
        const plan = { goal: 'outlive an upgrade', tasks };
        const id = await begin('/api/swarms', { repository: path, plan, approve: true, config });
        return swarmHandle(await drover.client(), id);
      },
    );
    repository = join(drover.root, 'repository');
    await makeRepository(repository, { 'README.md': 'hello\n', 'member.cjs': memberProgram(go) });
    teamId = await begin('/api/teams', {
      goal: 'Write two files',
      repository,
      config: { executor: 'command', command: 'node member.cjs', parallel: 2 },
    });
    waitingId = await begin('/api/swarms', {
      repository,
      plan: { goal: 'wait', tasks: [{ id: 'one', title: 'one', command: 'echo one > one.txt' }] },
      config: { executor: 'command' },
    });
    const { code, stderr } = await drover.cli(
      ['schedule', 'create', 'nightly', '--plan', await planFile(), '--executor', 'command', '--yes'].concat(
        '--cron',
        '0 3 1 1 *',
      ),
      { cwd: repository },
    );
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  }, 240_000);
  afterAll(async () => {
    await writeFile(go, '').catch(() => undefined);
    await drover?.close();
    await model?.close();
  }, 120_000);

  const planFile = async (): Promise<string> => {
    const path = join(drover.root, 'nightly.json');
    const tasks = [{ id: 'night', title: 'night', command: 'echo night > night.txt' }];
    await writeFile(path, JSON.stringify({ goal: 'nightly', tasks }));
    return path;
  };
  const team = async () =>
    (
      await (
        await apiOf(drover)
      ).get<{ swarm: SwarmView; tasks: readonly TaskView[] }>(`/api/teams/${teamId}`)
    ).body;
  const files = async (id: string): Promise<string[]> =>
    (await git(repository, 'ls-tree', '--name-only', `drover/${id}`))
      .split('\n')
      .filter((name) => name.endsWith('.txt'));

  test('agents are at work and a plan waits when the services are replaced', async () => {
    await until(async () => (await run.started()).length >= 2, SECONDS, 'both places of the swarm are taken');
    await until(
      async () =>
        (await team()).tasks.filter(({ id, state }) => id.endsWith('-2') && state === 'in_progress')
          .length === 2,
      SECONDS,
      'both members do their approved work',
    );
    await drover.upgrade();
    expect((await drover.services()).build).not.toBe(oldBuild);
    await writeFile(go, '');
  });

  test('the swarm ends whole: each agent ran once, all that was accepted is in the result', async () => {
    const outcome = await completed(run.swarm);
    expect(outcome.landed).toBe(4);
    expect((await run.started()).length).toBe(4);
    // No agent asks a model here; the summary of the report is one call beside them.
    expect(await run.violations()).toEqual([expect.stringMatching(/^the report counts 1 calls, .* 0 calls/)]);
  });

  test('the team ends with the work of both members', async () => {
    await until(
      async () => ['completed', 'failed'].includes((await team()).swarm.phase),
      SECONDS,
      'the team has ended',
    );
    expect((await team()).swarm).toMatchObject({ phase: 'completed', warnings: [] });
    expect((await files(teamId)).sort()).toEqual(['a-2.txt', 'b-2.txt']);
  });

  test('the plan that waited is approved with the new program, and the schedule still starts swarms', async () => {
    const approved = await drover.cli(['approve', waitingId], { cwd: repository });
    expect(approved.code).toBe(0);
    await completed(swarmHandle(await drover.client(), waitingId));
    expect(await files(waitingId)).toEqual(['one.txt']);
    expect((await drover.cli(['schedule', 'trigger', 'nightly'], { cwd: repository })).code).toBe(0);
    const started = await until(
      async () =>
        (await (await apiOf(drover)).get<{ swarms: { id: string }[] }>('/api/swarms')).body.swarms.find(
          ({ id }) => id.startsWith('nightly-'),
        ),
      SECONDS,
      'the schedule has started a swarm',
    );
    await completed(swarmHandle(await drover.client(), started.id));
    expect(await files(started.id)).toEqual(['night.txt']);
  });
});
