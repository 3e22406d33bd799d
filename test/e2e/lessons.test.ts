/** What one swarm learnt the hard way, the next one on the same repository knows. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Lesson } from '../../domain/lessons/lessons.ts';
import type { SwarmHandle } from '../../api/swarm-handle.ts';
import { startDrover, type Drover } from '../support/drover.ts';
import { makeRepository } from '../support/repository.ts';

let drover: Drover;
let repository: string;
beforeAll(async () => {
  drover = await startDrover();
  repository = join(drover.root, 'repository');
  await makeRepository(repository, { 'README.md': 'hello\n' });
}, 120_000);
afterAll(() => drover.close());

/** An agent that does it wrong unless it was told: by an earlier attempt, or by a lesson. */
const COMMAND = `node -e '
  const task = JSON.parse(require("fs").readFileSync(0, "utf8"));
  const told = JSON.stringify([task.previous, task.lessons]);
  if (!told.includes("must end with a semicolon")) {
    console.error("check: each line must end with a semicolon; token=abcdef0123456789");
    process.exit(1);
  }
  require("fs").writeFileSync("done.txt", "line;\\n");
'`;

const attemptsOf = async (): Promise<number | undefined> => {
  const swarm: SwarmHandle = await drover.start(
    repository,
    [
      {
        id: 'lines',
        title: 'Write the lines',
        description: 'Write lines into done.txt.',
        dependsOn: [],
        priority: 2,
        category: 'default',
        files: ['done.txt'],
        command: COMMAND,
      },
    ],
    { retries: 1, test: [{ name: 'test', run: 'grep -q ";" done.txt', timeoutSeconds: 60 }] },
  );
  const outcome = await swarm.outcome();
  expect(outcome.phase).toBe('completed');
  return (await swarm.tasks())[0]?.attempts;
};

test('the second run avoids what failed in the first', async () => {
  expect(await attemptsOf()).toBe(2);
  const { code, stdout } = await drover.cli(['lessons', 'list', '--repo', repository, '--json']);
  expect(code).toBe(0);
  const { lessons } = JSON.parse(stdout) as { lessons: Lesson[] };
  const failure = lessons.find(({ kind }) => kind === 'failure');
  expect(failure).toMatchObject({ paths: ['done.txt'], weight: 1 });
  expect(failure?.text).toContain('must end with a semicolon');
  expect(stdout).not.toContain('abcdef0123456789');
  expect(lessons.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['command', 'duration']));
  expect(await attemptsOf()).toBe(1);
  const shown = await drover.cli(['lessons', 'show', failure?.id ?? '', '--json']);
  expect((JSON.parse(shown.stdout) as Lesson).weight).toBeGreaterThan(1);
  const forgotten = await drover.cli(['lessons', 'forget', '--all', '--repo', repository, '--json']);
  expect(JSON.parse(forgotten.stdout)).toEqual({ forgotten: expect.any(Number) });
  const after = await drover.cli(['lessons', 'export']);
  expect(JSON.parse(after.stdout)).toEqual({ lessons: [] });
  expect((await drover.cli(['lessons', 'show', 'ffff'])).code).toBe(4);
}, 240_000);
