import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { cancelRunning } from '../support/cancel-running.ts';
import { accessibilityProblems, openDashboard, type Dashboard } from '../support/dashboard.ts';
import { asksCritic, critique } from '../support/scripted-critic.ts';
import { startDrover, until, type Drover } from '../support/drover.ts';
import { GITHUB_TOKEN, startGitHub, type GitHubServer } from '../support/github-server.ts';
import { startModelServer, type ModelServer } from '../support/model-server.ts';
import { task } from '../support/plan-task.ts';
import { git, makeRepository, temporaryDirectory } from '../support/repository.ts';
import { isLead, scriptedLead } from '../support/scripted-lead.ts';
import { shutDown, spawn, tasks } from '../support/team.ts';

let drover: Drover;
let dashboard: Dashboard;
let planner: ModelServer;
let github: GitHubServer;
let remote: string;
let count = 0;

/** Takes a reviewer in, sends it away when it has reported, and is done. */
const lead = scriptedLead(({ answers, ended, closing }) => {
  if (closing) return 'Scripted: all is reviewed.';
  if (answers === 0)
    return [tasks(['add', 'look', { title: 'Look around' }]), spawn('critic', 'style-reviewer')];
  return ended.includes('critic')
    ? [tasks(['done', 'look']), shutDown('critic')]
    : 'Scripted: nothing to do now.';
});

const planned = (id: string, title: string): object => ({ ...task(id, { title }), acceptance: null });

beforeAll(async () => {
  // A scripted planner: a plan of one task, and one of two for whoever asks for smaller steps.
  planner = await startModelServer((request) => {
    if (asksCritic(request)) return critique();
    if (isLead(request)) return lead(request);
    const smaller = JSON.stringify(request.messages).includes('smaller steps');
    const tasks = smaller
      ? [planned('lexer', 'Write the lexer'), planned('parser', 'Write the parser')]
      : [planned('compiler', 'Write the compiler')];
    return {
      blocks: [{ text: JSON.stringify({ summary: 'As the script says.', tasks }) }],
      usage: { input: 100, output: 50 },
    };
  });
  remote = join(await temporaryDirectory('remotes'), 'acme/widgets.git');
  await mkdir(remote, { recursive: true });
  await git(remote, 'init', '-q', '--bare', '-b', 'main');
  github = await startGitHub(remote);
  drover = await startDrover({
    ANTHROPIC_API_KEY: 'scripted-key',
    ANTHROPIC_BASE_URL: planner.url,
    GITHUB_TOKEN,
    GITHUB_API_URL: github.url,
  });
  dashboard = await openDashboard(drover);
});
afterAll(async () => {
  await dashboard.close();
  await cancelRunning(drover);
  await drover.close();
  await planner.close();
  await github.end();
  await rm(join(remote, '../..'), { recursive: true });
});
afterEach(() => {
  expect(dashboard.errors).toEqual([]);
});

const repository = async (): Promise<string> => {
  count += 1;
  const path = join(drover.root, `repository-${count}`);
  await makeRepository(path, { 'README.md': '# Project\n', 'src/a.txt': 'a\n' });
  return path;
};

/** A file that agents wait for. */
const gate = async (name: string): Promise<{ readonly wait: string; open(): Promise<void> }> => {
  const directory = join(drover.root, 'gates');
  await mkdir(directory, { recursive: true });
  const path = join(directory, `${name}-${count}`);
  return { wait: `while [ ! -e '${path}' ]; do sleep 0.1; done`, open: () => writeFile(path, '') };
};

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true });
const tab = (page: Page, name: string | RegExp) =>
  page.getByRole('navigation', { name: 'Parts of the swarm' }).getByRole('link', { name });

describe('the dashboard', () => {
  test('tells a browser that is not signed in how to get in', async () => {
    const page = await dashboard.openAsStranger('/');
    const notice = page.getByRole('alert').filter({ hasText: 'This browser is not signed in' });
    expect(await notice.first().textContent()).toContain('drover up');
    expect(await page.getByRole('alert').count()).toBe(1);
    await page.goto(`${dashboard.url}/login?code=wrong`);
    await page.getByRole('heading', { name: 'This link is not valid any more' }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.context().close();
  });

  test('takes a swarm from its goal to its report: reject, edit, approve, watch', async () => {
    const path = await repository();
    const go = await gate('go');
    const page = await dashboard.open('/start');
    await page.getByLabel('Repository', { exact: true }).fill(path);
    await page.getByLabel('Goal', { exact: true }).fill('Build a small language');
    await page.getByLabel('Executor').selectOption('command');
    await page
      .getByLabel('Command of each task')
      .fill(`echo "at work on $DROVER_TASK"; ${go.wait}; echo done > $DROVER_TASK.txt`);
    await page.getByLabel('Budget in US dollars').fill('2.5');
    await button(page, 'Start').click();

    // The plan that waits is rejected; the planner answers with another one.
    await page.getByText('The plan waits for your approval.').waitFor();
    await tab(page, /Plan/).click();
    await page.getByText('Write the compiler').waitFor();
    await page.getByLabel('What should be different').fill('smaller steps, please');
    await button(page, 'Reject').click();
    await page.getByRole('heading', { name: 'Approve version 2?' }).waitFor();
    await page.getByRole('heading', { name: 'Version 2 against' }).waitFor();
    await page.getByText('smaller steps, please', { exact: true }).waitFor();

    // It is edited: another title, and a task that is not wanted.
    await page.getByRole('button', { name: /Write the parser/ }).click();
    await page.getByLabel('Title').fill('Write the parser by hand');
    await page.getByRole('button', { name: /Write the lexer/ }).click();
    await button(page, 'Split in two').click();
    await page.getByText(/3 changes to version 2|4 changes to version 2/).waitFor();
    await button(page, 'Save as a new version').click();
    await page.getByRole('heading', { name: 'Approve version 3?' }).waitFor();
    await page.getByRole('button', { name: /Write the parser by hand/ }).waitFor();
    await page.getByRole('button', { name: /Write the lexer \(2\)/ }).waitFor();

    await button(page, 'Approve and start').click();
    await tab(page, 'Tasks').click();
    await page.locator('.task-node', { hasText: 'in progress' }).first().waitFor();
    await tab(page, 'Agents').click();
    await page.getByRole('log').filter({ hasText: 'at work on' }).first().waitFor();

    await go.open();
    await page.getByText('The result is the branch').waitFor();
    await tab(page, 'Report').click();
    await page.getByRole('heading', { name: 'What changed' }).waitFor();
    await page.locator('.diff-file', { hasText: 'parser.txt' }).getByText('done').waitFor();
    await tab(page, 'Timeline').click();
    await page.locator('.gantt-bar').nth(2).waitFor();
    expect(await page.locator('.gantt-bar').count()).toBe(3);
    await tab(page, 'Merge train').click();
    await page.getByRole('heading', { name: 'Train' }).waitFor();
    await tab(page, 'Costs').click();
    await page.getByText(/of \$2\.50 spent/).waitFor();
    for (const name of ['Report', 'Timeline', 'Merge train', 'Costs', 'Tasks']) {
      await tab(page, name).click();
      await page.locator('.skeleton').first().waitFor({ state: 'detached' });
      expect(await accessibilityProblems(page)).toEqual([]);
    }
    await page.context().close();
  });

  test('shows several answers side by side, and takes the one that is picked', async () => {
    const path = await repository();
    const page = await dashboard.open('/start?as=answers');
    await page.getByLabel('Repository', { exact: true }).fill(path);
    await page.getByLabel('Goal', { exact: true }).fill('Name the project');
    await page.getByLabel('Executor').selectOption('command');
    await page
      .getByLabel('Command of each task')
      .fill('test "$DROVER_TASK" != agent-2 && echo "$DROVER_TASK" > name.txt');
    await page.getByLabel('Test', { exact: true }).fill('grep -q agent-1 name.txt');
    await button(page, 'Start').click();
    await page.getByText('1 decision waits for you.').waitFor();
    await tab(page, 'Answers').click();
    const answer = (agent: string) => page.getByRole('region', { name: agent, exact: true });
    await answer('agent-1').getByText('green').waitFor();
    await answer('agent-0').getByText('red').waitFor();
    await answer('agent-0').getByText('1 file').waitFor();
    expect(await button(page, 'Pick agent-2').count()).toBe(0);
    await answer('agent-0').getByText('What agent-0 changed').click();
    await answer('agent-0').locator('.diff-file', { hasText: 'name.txt' }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await button(page, 'Pick agent-0').click();
    await page.getByText('The result is the branch').waitFor();
    await answer('agent-0').getByText('picked').waitFor();
    await page.context().close();
  });

  test('starts a team, shows its members and takes a word to them', async () => {
    const path = await repository();
    const go = await gate('team');
    const page = await dashboard.open('/start?as=team');
    await page.getByLabel('Repository', { exact: true }).fill(path);
    await page.getByLabel('Goal', { exact: true }).fill('Review what there is');
    await page.getByLabel('Template').selectOption('code-review');
    await page.getByLabel('Executor').selectOption('command');
    await page.getByLabel('Command of each task').fill(`${go.wait}; echo looked`);
    await button(page, 'Start').click();
    const critic = page.getByRole('row', { name: /critic/ });
    await critic.getByText('working').waitFor();
    expect(await critic.textContent()).toContain('style-reviewer reads only');
    await page
      .getByRole('row', { name: /Look around/ })
      .getByText('open')
      .waitFor();
    await page.getByLabel('To', { exact: true }).selectOption('critic');
    await page.getByLabel('Message', { exact: true }).fill('Mind the README');
    await button(page, 'Send').click();
    await page.getByText('The message is in the mailbox of critic').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    const elsewhere = await dashboard.open('/teams', { theme: 'dark' });
    await elsewhere.getByRole('link', { name: 'Review what there is' }).waitFor();
    await elsewhere.getByRole('row', { name: /critic/ }).waitFor();
    expect(await accessibilityProblems(elsewhere)).toEqual([]);
    await elsewhere.context().close();
    await go.open();
    await critic.getByText('gone').waitFor();
    await page
      .getByRole('row', { name: /Look around/ })
      .getByText('done')
      .waitFor();
    await page.getByText('completed', { exact: true }).first().waitFor();
    await page.context().close();
  });

  test('decides a conflict with one click', async () => {
    const path = await repository();
    const swarm = await drover.start(
      path,
      [
        task('left', { executor: 'command', command: 'echo left > src/a.txt' }),
        task('right', { executor: 'command', command: 'echo right > src/a.txt' }),
      ],
      { gates: { plan: 'auto', task: 'ask', conflict: 'ask', build: 'ask', test: 'ask', phase: 'ask' } },
    );
    const page = await dashboard.open(`/swarms/${swarm.id}/decisions`);
    await button(page, /^Reject d\d+$/).waitFor();
    const conflict = await page.getByLabel('Where right conflicts').innerText();
    expect(conflict.trim().split('\n')).toEqual(
      expect.arrayContaining(['src/a.txt:1', '<<<<<<< what has landed', 'left', 'right', '>>>>>>> right']),
    );
    // A person may take it on, and leave it all the same.
    await button(page, /^Resolve d\d+ by hand$/).click();
    await button(page, /^Done by hand d\d+$/).waitFor();
    await page.getByText(`manual-`).first().waitFor();
    await page.getByText('What right changed').click();
    await page.locator('.diff-file', { hasText: 'src/a.txt' }).first().waitFor();
    await page.getByLabel('A word with the answer (may stay empty)').fill('The first one is enough');
    await button(page, /^Reject d\d+$/).click();
    await page.getByText('The first one is enough', { exact: true }).waitFor();
    await page.getByText('The result is the branch').waitFor();
    const outcome = await swarm.outcome();
    expect(outcome).toMatchObject({ phase: 'completed', landed: 1, skipped: 1 });
    const decision = (await swarm.decisions()).find(({ kind }) => kind === 'conflict');
    expect(decision?.answer).toMatchObject({ by: 'person', feedback: 'The first one is enough' });
    await page.context().close();
  });

  test('shows a finished branch, merges it now, and leaves another one out', async () => {
    const path = await repository();
    const go = await gate('branches');
    const swarm = await drover.start(path, [
      task('good', { executor: 'command', command: 'echo good > good.txt' }),
      task('bad', { executor: 'command', command: 'echo bad > bad.txt' }),
      task('slow', { executor: 'command', command: `${go.wait}; echo slow > slow.txt` }),
    ]);
    await git(path, 'branch', 'early');
    const page = await dashboard.open(`/swarms/${swarm.id}?task=good`);
    await page.getByText('What good changed').click();
    await page.locator('.diff-file', { hasText: 'good.txt' }).first().waitFor();
    await button(page, 'Merge now').click();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByLabel('Into this branch of the repository').fill('early');
    await button(page, 'Merge the branch').click();
    await page.getByText('good is in early').waitFor();
    expect(await git(path, 'show', 'early:good.txt')).toBe('good');

    await page.goto(`${dashboard.url}/swarms/${swarm.id}?task=bad`);
    await button(page, 'Discard').click();
    await button(page, 'Discard the branch').click();
    await page.getByText('bad is left out').waitFor();
    await go.open();
    expect(await swarm.outcome()).toMatchObject({ phase: 'completed', landed: 2, skipped: 1 });

    // The result becomes a pull request that is followed until a person has had enough.
    await git(path, 'remote', 'add', 'origin', remote);
    await git(path, 'push', '-q', 'origin', 'HEAD:main');
    await page.goto(`${dashboard.url}/swarms/${swarm.id}`);
    await button(page, 'Open a pull request').click();
    await page.getByLabel('Into this branch').fill('main');
    expect(await accessibilityProblems(page)).toEqual([]);
    await button(page, 'Push and follow').click();
    await page.getByRole('link', { name: 'acme/widgets#1' }).waitFor();
    await page.getByText('is watched').waitFor();
    expect(github.pull()).toMatchObject({ base: 'main', head: `drover/${swarm.id}` });
    await button(page, 'Stop following').click();
    await page.getByText('it is no longer followed').waitFor();
    await page.context().close();
  });

  test('steers: agents at once, pause, message, kill, cancel and retry of a task, cancel', async () => {
    const path = await repository();
    const go = await gate('never');
    const waiting = { executor: 'command', command: `echo here; ${go.wait}` };
    const swarm = await drover.start(
      path,
      [task('one', waiting), task('two', waiting), task('three', waiting)],
      { parallelism: 1, retries: 1 },
    );
    const page = await dashboard.open(`/swarms/${swarm.id}`);
    const slider = page.getByLabel('Agents at once');
    await slider.focus();
    await page.keyboard.press('ArrowRight');
    await until(async () => (await swarm.state()).parallelism === 2, 60, 'two agents at once');

    await button(page, 'Pause').click();
    await button(page, 'Resume').waitFor();
    expect((await swarm.state()).paused).toBe(true);
    await button(page, 'Resume').click();
    await button(page, 'Pause').waitFor();

    await tab(page, 'Agents').click();
    await page.getByRole('log').filter({ hasText: 'here' }).first().waitFor();
    await page.getByLabel('Message to agent-0').fill('Hurry up');
    await page.getByLabel('Message to agent-0').press('Enter');
    await page.getByText('Sent, but command reads no messages').waitFor();
    await button(page, 'Kill agent-0').click();
    await button(page, 'Kill the agent').click();
    await page.getByRole('region', { name: 'agent-0.2' }).waitFor();

    await page.goto(`${dashboard.url}/swarms/${swarm.id}?task=three`);
    await page.getByRole('heading', { name: 'Do three' }).waitFor();
    await button(page, 'Cancel').last().click();
    await button(page, 'Cancel the task').click();
    await button(page, 'Try again').click();
    await until(
      async () => (await swarm.tasks()).find(({ id }) => id === 'three')?.state === 'pending',
      60,
      'the task waits again',
    );

    await button(page, 'Cancel').first().click();
    await button(page, 'Cancel the swarm').click();
    await page.getByText('cancelled', { exact: true }).first().waitFor();
    expect((await swarm.outcome()).phase).toBe('cancelled');
    await page.context().close();
  });

  test('goes on by itself after the API was killed', async () => {
    const path = await repository();
    const go = await gate('after');
    const swarm = await drover.start(path, [
      task('a', { executor: 'command', command: `${go.wait}; echo a > a` }),
    ]);
    const page = await dashboard.open(`/swarms/${swarm.id}`);
    await page.locator('.task-node', { hasText: 'in progress' }).waitFor();
    await drover.kill('supervisor', 'SIGSTOP');
    try {
      await drover.kill('api');
      await page.getByText('Drover does not answer', { exact: false }).first().waitFor();
      // What was there stays to be looked at.
      expect(await page.locator('.task-node').count()).toBe(1);
      // A page that was never opened cannot come now; it does later, by itself.
      await page.getByRole('link', { name: 'Backlog' }).click();
      await page.getByRole('heading', { name: 'This page is not loaded yet' }).waitFor();
    } finally {
      await drover.kill('supervisor', 'SIGCONT');
    }
    await page.getByRole('heading', { name: 'Backlog' }).waitFor();
    await page.goBack();
    await page.getByText('Drover does not answer').first().waitFor({ state: 'hidden' });
    await go.open();
    await page.getByText('The result is the branch').waitFor();
    await page.context().close();
  });
});
