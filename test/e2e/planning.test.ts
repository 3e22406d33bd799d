/** Planning together in a real pseudo-terminal, taken up again in another one; and the commands around plans. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Plan } from '../../domain/plan/plan.ts';
import {
  json,
  runCli,
  startInTerminal,
  withoutEscapes,
  type CliEnvironment,
  type Running,
} from '../support/cli.ts';
import {
  detached,
  inPhase,
  openStage,
  statusOf,
  untilStatus,
  writePlan,
  type CliStage,
} from '../support/cli-swarm.ts';
import { asksCritic, critique } from '../support/scripted-critic.ts';
import { startModelServer, type ModelServer } from '../support/model-server.ts';
import { git } from '../support/repository.ts';

const ENTER = '\r';
const DOWN = '\u001b[B';
const CTRL_C = '\u0003';
const BACKSPACE = '\u007f';

/** The services keep asking it: reports of later swarms are written by it, too. */
let server: ModelServer | undefined;
let stage: CliStage;
beforeAll(async () => {
  stage = await openStage();
}, 300_000);
afterAll(async () => {
  await stage?.close();
  await server?.close();
}, 120_000);

const terminals: Running[] = [];
afterEach(() => {
  for (const terminal of terminals.splice(0)) terminal.kill('SIGKILL');
});
const terminal = (here: CliEnvironment, ...args: readonly string[]): Running => {
  const run = startInTerminal(here, ...args);
  terminals.push(run);
  return run;
};

/** Types, and waits for what is printed then. */
const say = async (run: Running, typed: string, answer: string | RegExp): Promise<void> => {
  const before = withoutEscapes(run.output()).length;
  run.type(typed);
  for (const end = Date.now() + 60_000; ; await sleep(30)) {
    const fresh = withoutEscapes(run.output()).slice(before);
    if (typeof answer === 'string' ? fresh.includes(answer) : answer.test(fresh)) return;
    if (Date.now() > end)
      throw new Error(`${String(answer)} did not come after ${JSON.stringify(typed)}:\n${fresh}`);
  }
};

interface Sessions {
  readonly sessions: readonly { readonly id: string; readonly state: string; readonly version?: number }[];
}

const stateOf = async (here: CliEnvironment, swarmId: string): Promise<string | undefined> =>
  (await json<Sessions>(here, 'plan-list')).sessions.find(({ id }) => id === swarmId)?.state;

const planOf = async (here: CliEnvironment, swarmId: string): Promise<Plan> =>
  (await json<{ plan: Plan }>(here, 'plan', swarmId)).plan;

describe('planning at a terminal', () => {
  test('adds, modifies, splits and removes tasks; goes on in another terminal; waits, approved, until it is let loose', async () => {
    const here = await stage.repository();
    const plan = await writePlan(here, [
      { id: 'first', command: 'echo first > first.txt' },
      { id: 'wide', command: 'echo "$DROVER_TASK" > "$DROVER_TASK.txt"' },
      { id: 'needless', command: 'true' },
    ]);
    const one = terminal(here, 'plan', 'Write some files', '--plan', plan, '--executor', 'command');
    await one.until('What next?');
    const swarmId = /plan {4}(\S+)/.exec(withoutEscapes(one.output()))?.[1] ?? 'none';
    expect(await stateOf(here, swarmId)).toBe('draft');

    await say(one, 'a', 'What is to be done');
    await say(one, `Write the last file${ENTER}`, 'In detail');
    await say(one, ENTER, 'After which tasks?');
    await say(one, ` ${ENTER}`, 'Priority');
    await say(one, ENTER, 'Shell command (Enter for none)');
    await say(one, `cat first.txt > last.txt${ENTER}`, /version 2[\s\S]*What next\?/);
    await say(one, 'r', /Which task\?[\s\S]*needless/);
    await say(one, DOWN + DOWN + ENTER, 'Remove needless?');
    await say(one, ENTER, /version 3[\s\S]*What next\?/);

    // The terminal goes away; nothing is lost.
    one.type(CTRL_C);
    expect((await one.ended).stdout).toContain(`drover plan-continue ${swarmId}`);
    expect((await planOf(here, swarmId)).tasks.map((task) => [task.id, task.dependsOn])).toEqual([
      ['first', []],
      ['wide', []],
      ['write-the-last-file', ['first']],
    ]);

    const two = terminal(here, 'plan-continue', swarmId);
    await two.until('What next?');
    await say(two, 's', 'Which task?');
    await say(two, DOWN + ENTER, 'Part 1');
    await say(two, `Left${ENTER}`, 'Its shell command');
    await say(two, ENTER, 'Part 2');
    await say(two, `Right${ENTER}`, 'Its shell command');
    await say(two, ENTER, 'Part 3');
    await say(two, ENTER, 'One after the other?');
    await say(two, ENTER, /version 4[\s\S]*What next\?/);
    await say(two, 'm', 'Which task?');
    await say(two, ENTER, 'What of it?');
    await say(two, DOWN + DOWN + ENTER, 'Priority');
    await say(two, `${BACKSPACE}1${ENTER}`, /version 5[\s\S]*What next\?/);
    await say(two, 'v', 'Which task?');
    await say(two, ENTER, /priority +1[\s\S]*What next\?/);
    await say(two, 'p', 'Approve version 5 with 4 tasks?');
    two.type(DOWN + ENTER);
    const ended = await two.ended;
    expect(ended).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`drover execute-plan ${swarmId}`),
    });

    await untilStatus(here, swarmId, inPhase('executing'));
    expect(await stateOf(here, swarmId)).toBe('approved');
    expect((await statusOf(here, swarmId)).view.counts.pending).toBe(4);
    expect((await runCli(here, 'execute-plan', swarmId)).code).toBe(0);
    expect(await stateOf(here, swarmId)).toBe('completed');
    const files = await git(here.cwd, 'ls-tree', '--name-only', `drover/${swarmId}`);
    expect(files.split('\n')).toEqual(
      expect.arrayContaining(['first.txt', 'last.txt', 'left.txt', 'right.txt']),
    );
    const late = await runCli(here, 'execute-plan', swarmId);
    expect(late).toMatchObject({ code: 5, stderr: expect.stringContaining('is completed') });
  });

  test('without a terminal it says what to use instead', async () => {
    const here = await stage.repository();
    const plan = await writePlan(here, [{ id: 'one', command: 'true' }]);
    const { swarmId } = await json<{ swarmId: string }>(
      here,
      'plan',
      'Do one thing',
      '--plan',
      plan,
      '--executor',
      'command',
    );
    await untilStatus(here, swarmId, inPhase('awaiting_approval'));
    expect(await runCli(here, 'plan-continue', swarmId)).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('needs a terminal'),
    });
    expect((await runCli(here, 'discuss', swarmId, 'why?')).code).not.toBe(0);
    await json(here, 'cancel', swarmId);
  });
});

describe('with a planner', () => {
  test('the plan is discussed until it is right', async () => {
    const task = (id: string) => ({
      id,
      title: `Do ${id}`,
      description: `All of ${id}`,
      dependsOn: [],
      priority: 2,
      category: 'default',
      files: [`${id}.txt`],
      acceptance: null,
    });
    server = await startModelServer((request) => {
      if (asksCritic(request)) return critique();
      const said = JSON.stringify(request.messages);
      const ids = said.includes('smaller steps') ? ['small', 'smaller'] : ['big'];
      return { blocks: [{ text: JSON.stringify({ summary: 'Scripted.', tasks: ids.map(task) }) }] };
    });
    const here = {
      ...(await stage.repository()),
      env: { ANTHROPIC_API_KEY: 'test-key', ANTHROPIC_BASE_URL: server.url },
    };
    const run = terminal(here, 'plan', 'Do a big thing', '--executor', 'command', '--command', 'true');
    await run.until('What next?');
    await say(run, 'd', 'What do you want to say');
    await say(run, `Please take smaller steps${ENTER}`, /\+ smaller[\s\S]*What next\?/);
    run.type('q');
    const swarmId = /plan {4}(\S+)/.exec(withoutEscapes((await run.ended).stdout))?.[1] ?? 'none';
    expect((await planOf(here, swarmId)).tasks.map(({ id }) => id)).toEqual(['small', 'smaller']);
    expect((await runCli(here, 'discuss', swarmId, 'Think of smaller steps again')).stdout).toContain(
      'version 3',
    );
    const costs = await json<{ total: { calls: number }; planningAndReportUsd: number }>(
      here,
      'costs',
      swarmId,
    );
    // Each version is a call of the planner and one of the critic.
    expect(costs.total.calls).toBe(6);
    expect((await runCli(here, 'costs', swarmId)).stdout).toContain('6 calls');
    await json(here, 'cancel', swarmId);
  });
});

describe('drover submit', () => {
  test('gives a task to a swarm of its own, or to one that runs', async () => {
    const here = await stage.repository();
    const own = await json<{ swarmId: string; taskId: string }>(
      here,
      'submit',
      'Write the date down',
      '--executor',
      'command',
      '--command',
      'date > date.txt',
    );
    expect(own.taskId).toBe('write-the-date-down');
    await untilStatus(here, own.swarmId, inPhase('completed'));
    expect(await git(here.cwd, 'show', `drover/${own.swarmId}:date.txt`)).not.toBe('');

    const plan = await writePlan(here, [{ id: 'one', command: 'echo one > one.txt' }]);
    const swarmId = await detached(here, '--plan', plan);
    await untilStatus(here, swarmId, inPhase('awaiting_approval'));
    await json(
      here,
      'submit',
      'And two',
      '--swarm',
      swarmId,
      '--after',
      'one',
      '--command',
      'cp one.txt two.txt',
    );
    expect((await planOf(here, swarmId)).tasks.map((task) => [task.id, task.dependsOn])).toEqual([
      ['one', []],
      ['and-two', ['one']],
    ]);
    const refused = await runCli(here, 'submit', 'x y', '--swarm', swarmId, '--after', 'nothing');
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('nothing') });
    await json(here, 'cancel', swarmId);
  });
});
