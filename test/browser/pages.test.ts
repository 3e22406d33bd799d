import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import type { Task } from '../../domain/plan/plan.ts';
import { swarmHandle, type SwarmHandle } from '../../api/swarm-handle.ts';
import { apiOf } from '../support/api-client.ts';
import { cancelRunning } from '../support/cancel-running.ts';
import {
  accessibilityProblems,
  openDashboard,
  sidewaysPixels,
  type Dashboard,
} from '../support/dashboard.ts';
import { startDrover, until, type Drover } from '../support/drover.ts';
import { task } from '../support/plan-task.ts';
import { makeRepository } from '../support/repository.ts';

let drover: Drover;
let dashboard: Dashboard;
let hostile: SwarmHandle;

const ATTACK = `<img src=x onerror="window.taken=1"><script>window.taken=1</script>'"\`\${7*7}`;
const ASK = { plan: 'ask', task: 'ask', conflict: 'ask', build: 'ask', test: 'ask', phase: 'ask' } as const;

const start = async (tasks: readonly Task[], settings = {}, approve = true): Promise<SwarmHandle> => {
  const path = join(drover.root, `repository-${tasks.length}-${approve}`);
  await makeRepository(path, { 'README.md': '# Project\n', 'a.txt': 'a\n' });
  return drover.start(path, tasks, { gates: ASK, ...settings }, { approve });
};

/** What pages say while nothing has run, and what is wrong with them. */
let untouched: { readonly said: ReadonlyMap<string, string>; readonly problems: readonly string[] };

const lookAround = async (): Promise<typeof untouched> => {
  const said = new Map<string, string>();
  const problems: string[] = [];
  const page = await dashboard.open('/');
  for (const path of [
    '/',
    '/manager',
    '/teams',
    '/backlog',
    '/agents',
    '/history',
    '/logs',
    '/control',
    '/costs',
  ]) {
    await page.goto(dashboard.url + path);
    await page.locator('.blank').first().waitFor();
    said.set(path, await page.locator('.blank').first().innerText());
    problems.push(...(await accessibilityProblems(page)));
  }
  await page.context().close();
  return { said, problems };
};

/** Agents at work, agents that failed, a conflict that waits, and hostile words wherever words can be. */
beforeAll(async () => {
  drover = await startDrover();
  dashboard = await openDashboard(drover);
  untouched = await lookAround();
  const words = { title: ATTACK.slice(0, 110), description: ATTACK, category: 'default' };
  const say = `cat <<'END'\n${ATTACK}\nEND\n`;
  hostile = await start([
    task('left', { ...words, executor: 'command', command: `${say}echo left > a.txt` }),
    task('right', { ...words, executor: 'command', command: `${say}echo right > a.txt` }),
    task('fails', { ...words, executor: 'command', command: `${say}printf '%s' '<b>no</b>' >&2; exit 3` }),
    task('works', { ...words, dependsOn: ['left'], executor: 'command', command: `${say}sleep 1000` }),
  ]);
  const schedule = await (
    await apiOf(drover)
  ).post('/api/schedules', {
    name: 'looked-at',
    cron: ['0 3 1 1 *'],
    swarm: {
      repository: join(drover.root, 'repository-4-true'),
      plan: { goal: ATTACK, tasks: [{ id: 'a', title: ATTACK.slice(0, 110), command: 'true' }] },
      config: { executor: 'command' },
    },
  });
  expect(schedule).toMatchObject({ status: 201 });
  await until(async () => (await hostile.state()).openDecisions > 0, 120, 'a decision waits');
});
afterAll(async () => {
  await dashboard.close();
  await cancelRunning(drover);
  await drover.close();
});
afterEach(() => {
  expect(dashboard.errors).toEqual([]);
});

const paths = (): readonly string[] => [
  '/',
  '/start',
  '/start?as=answers',
  '/start?as=team',
  '/start?schedule=looked-at',
  '/teams',
  '/manager',
  '/backlog',
  '/agents',
  '/history',
  '/logs',
  '/control',
  '/costs',
  '/nowhere',
  `/swarms/${hostile.id}`,
  `/swarms/${hostile.id}?as=list&task=fails`,
  ...['plan', 'decisions', 'agents', 'merge', 'timeline', 'costs', 'report'].map(
    (tab) => `/swarms/${hostile.id}/${tab}`,
  ),
];

describe('every page', () => {
  test.each([
    ['light', 1_360],
    ['dark', 1_360],
    ['light', 390],
  ] as const)(
    'is without barriers in %s at a width of %i, and shows hostile text as text',
    async (theme, width) => {
      const page = await dashboard.open('/', { theme, width, height: 844 });
      const found: string[] = [];
      for (const path of paths()) {
        await page.goto(dashboard.url + path);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.locator('.skeleton').first().waitFor({ state: 'detached' });
        for (const problem of await accessibilityProblems(page)) found.push(`${path}: ${problem}`);
        if ((await sidewaysPixels(page)) > 0) found.push(`${path} is wider than the screen`);
        if ((await page.evaluate('window.taken')) !== undefined)
          found.push(`${path} ran what it was to show`);
      }
      expect(found).toEqual([]);
      await page.context().close();
    },
  );

  test('says what it is for while nothing has run', () => {
    expect(untouched.problems).toEqual([]);
    expect(Object.fromEntries(untouched.said)).toEqual({
      '/': expect.stringContaining('No swarm has run yet'),
      '/manager': 'No project has been started',
      '/teams': expect.stringContaining('No team has been started'),
      '/backlog': expect.stringContaining('No repository has a backlog'),
      '/agents': expect.stringContaining('No agent is at work'),
      '/history': 'No swarm has run yet',
      '/logs': 'No swarm has run yet',
      '/control': expect.stringContaining('No swarm runs'),
      '/costs': expect.stringContaining('Nothing has cost anything yet'),
    });
  });

  test('of a swarm that does not exist says so', async () => {
    const page = await dashboard.open('/swarms/nobody-knows-me');
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    expect(await page.getByRole('alert').textContent()).toContain('nobody-knows-me');
    await page.context().close();
  });

  test('is worked by keyboard: graph, task, dialog, without motion where none is wanted', async () => {
    const page = await dashboard.open(`/swarms/${hostile.id}?as=graph`);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    const node = page.locator('.task-node', { hasText: 'in progress' });
    await node.focus();
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    expect(
      await page.evaluate("parseFloat(getComputedStyle(document.querySelector('.spin')).animationDuration)"),
    ).toBeLessThan(0.01);
    await page.keyboard.press('Enter');
    const cancel = page.getByRole('button', { name: 'Cancel', exact: true }).last();
    await page.getByRole('button', { name: 'Close the task' }).waitFor();
    await cancel.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Cancel works?' });
    await dialog.waitFor();
    expect(await page.evaluate("document.activeElement.closest('dialog') !== null")).toBe(true);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Cancel');
    expect((await hostile.state()).counts.in_progress).toBe(1);
    await page.context().close();
  });

  test('a swarm is started, approved and decided by keyboard alone', async () => {
    const path = join(drover.root, 'repository-keys');
    await makeRepository(path, { 'README.md': '# Project\n' });
    const page = await dashboard.open('/start');
    await page.getByRole('heading', { level: 1 }).waitFor();
    /** Presses Tab until it is there; what cannot be reached so is a barrier. */
    const tabTo = async (target: Locator): Promise<void> => {
      await target.waitFor();
      for (let presses = 0; presses < 120; presses += 1) {
        if ((await target.and(page.locator(':focus')).count()) > 0) return;
        await page.keyboard.press('Tab');
      }
      throw new Error(`${String(target)} is not reached by Tab`);
    };
    await tabTo(page.getByLabel('Repository', { exact: true }));
    await page.keyboard.type(path);
    await tabTo(page.getByLabel('Plan or features'));
    await page.keyboard.type('[{"title": "Nothing", "command": "exit 3"}]');
    await tabTo(page.getByLabel('Executor'));
    await page.keyboard.type('command');
    await tabTo(page.getByRole('button', { name: 'Start', exact: true }));
    await page.keyboard.press('Enter');
    const part = (name: string | RegExp): Locator =>
      page.getByRole('navigation', { name: 'Parts of the swarm' }).getByRole('link', { name });
    await page.getByText('The plan waits for your approval.').waitFor();
    await tabTo(part(/Plan/));
    await page.keyboard.press('Enter');
    await tabTo(page.getByRole('button', { name: 'Approve and start' }));
    await page.keyboard.press('Enter');
    await tabTo(part(/Decisions/));
    await page.keyboard.press('Enter');
    await tabTo(page.getByRole('button', { name: 'Reject d2', exact: true }));
    await page.keyboard.press('Enter');
    const swarm = swarmHandle(await drover.client(), new URL(page.url()).pathname.split('/')[2] ?? '');
    const answer = await until(
      async () => (await swarm.decisions()).find(({ kind }) => kind === 'task')?.answer,
      60,
      'the decision is answered',
    );
    expect(answer).toMatchObject({ action: 'reject', by: 'person' });
    await page.context().close();
  });

  test('can be reached by keyboard alone', async () => {
    const page = await dashboard.open('/');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toContain('Skip to the page');
    await page.getByRole('link', { name: 'History' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'History', level: 1 }).waitFor();
    await page.getByLabel('Search by goal, id or repository').fill('nothing is called so');
    await page.getByText('No swarm is like this').waitFor();
    await page.context().close();
  });
});

test('what starts by itself is made and changed by the form, and paused, resumed and deleted from Control', async () => {
  const page = await dashboard.open('/start');
  await page.getByLabel('Repository', { exact: true }).fill(join(drover.root, 'repository-4-true'));
  await page.getByLabel('Goal', { exact: true }).fill(ATTACK);
  await page
    .getByLabel('Plan or features')
    .fill(JSON.stringify({ tasks: [{ id: 'a', title: ATTACK.slice(0, 110), command: 'true' }] }));
  await page.getByLabel('Executor').selectOption('command');
  await page.getByLabel('At set times').check();
  await page.getByLabel('Name of the schedule').fill('nightly');
  await page.getByLabel('Times, as cron has them').fill('0 3 * * *');
  await page.getByRole('button', { name: 'Make the schedule' }).click();
  await page.getByRole('button', { name: 'Pause nightly' }).click();
  await page.getByRole('button', { name: 'Resume nightly' }).click();
  await page.getByRole('button', { name: 'Pause nightly' }).waitFor();
  expect(await accessibilityProblems(page)).toEqual([]);

  // The same form holds what the schedule has; what is left alone stays.
  await page.getByRole('link', { name: 'Change nightly' }).click();
  await page.getByRole('heading', { name: 'Change the schedule nightly' }).waitFor();
  expect(await page.getByLabel('Goal', { exact: true }).inputValue()).toBe(ATTACK);
  expect(await page.getByLabel('Plan or features').inputValue()).toContain('command: "true"');
  expect(await accessibilityProblems(page)).toEqual([]);
  await page.getByLabel('Times, as cron has them').fill('30 4 * * *\n0 5 * * SUN');
  await page.getByLabel('While one is at work').selectOption('buffer-one');
  await page.getByRole('button', { name: 'Save the schedule' }).click();
  await page.getByText('30 4 * * *, 0 5 * * SUN').waitFor();
  await page.getByRole('link', { name: 'Change nightly' }).click();
  await page.getByLabel('Goal', { exact: true }).fill('Something else');
  expect(await page.getByLabel('While one is at work').inputValue()).toBe('buffer-one');
  await page.getByRole('button', { name: 'Save the schedule' }).click();
  await page.getByText('Something else').waitFor();
  expect(await page.evaluate('window.taken')).toBeUndefined();
  await page.getByRole('button', { name: 'Delete nightly' }).click();
  await page.getByRole('button', { name: 'Delete the schedule' }).click();
  await page.getByRole('link', { name: 'Change nightly' }).waitFor({ state: 'detached' });
  await page.context().close();
});

test('a backlog is filled, filtered, worked through and answered from its page', async () => {
  const page = await dashboard.open('/backlog');
  const path = join(drover.root, 'repository-backlog');
  await makeRepository(path, { 'drover.yml': 'executor: command\n' });
  await page.getByLabel('Repository', { exact: true }).fill(path);
  await page.getByText('Many at once').click();
  await page.getByLabel('List of features, as YAML or JSON').fill(
    JSON.stringify([
      { title: 'Good', command: 'echo good > good.txt' },
      { title: `Bad ${ATTACK}`.slice(0, 110), command: 'exit 1' },
    ]),
  );
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByText('0 of 2').waitFor();
  expect(await accessibilityProblems(page)).toEqual([]);

  await page.getByRole('button', { name: 'Work through it' }).click();
  await page.getByText('1 of 2').waitFor();
  await page.getByRole('button', { name: 'Work through it again' }).waitFor();
  await page.getByLabel('State').selectOption('failed');
  const bad = page.getByRole('row').filter({ hasText: 'Bad' });
  await bad.getByRole('button', { name: 'It is done' }).click();
  await page.getByText('2 of 2').waitFor();
  await page.getByText('No feature is like this').waitFor();
  await page.getByLabel('State').selectOption('passing');
  await page.getByLabel('Search features').fill('good');
  await page.getByRole('button', { name: 'Begin anew: Good' }).click();
  await page.getByText('1 of 2').waitFor();
  await page.getByLabel('State').selectOption('');
  await page.getByRole('button', { name: 'Drop: Good' }).click();
  await page.getByRole('button', { name: 'Drop the feature' }).click();
  await page.getByText('1 of 1').waitFor();
  await page.getByLabel('Search features').fill('');
  expect(await accessibilityProblems(page)).toEqual([]);
  expect(await page.evaluate('window.taken')).toBeUndefined();
  await page.context().close();
});

describe('a plan of a thousand tasks', () => {
  test('is shown, searched and edited without all of it on the screen', async () => {
    const many = Array.from({ length: 1_000 }, (_, index) =>
      task(`task-${index}`, {
        title: `Change module ${index}`,
        dependsOn: index < 40 ? [] : [`task-${index - 40}`],
        executor: 'command',
        command: 'sleep 1000',
      }),
    );
    const swarm = await start(many, { parallelism: 2 }, false);
    const page = await dashboard.open(`/swarms/${swarm.id}/plan`);
    await page.getByRole('button', { name: /Change module 99/ }).waitFor();
    expect(await page.locator('.task-row').count()).toBe(100);
    await page.getByRole('button', { name: 'Approve and start' }).click();
    await until(async () => (await swarm.state()).counts.in_progress > 0, 120, 'an agent works');
    await page.goto(`${dashboard.url}/swarms/${swarm.id}`);
    await page.locator('.task-node', { hasText: 'in progress' }).first().waitFor();
    // What is out of sight is not in the page.
    expect(await page.locator('.task-node').count()).toBeLessThan(200);
    await page.getByRole('button', { name: 'List', exact: true }).click();
    await page.getByLabel('Search tasks').fill('module 777');
    await page.getByRole('button', { name: 'Change module 777' }).click();
    await page.getByRole('heading', { name: 'Change module 777' }).waitFor();
    await swarm.cancel();
    await swarm.outcome();
    await page.context().close();
  });
});
