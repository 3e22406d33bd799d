import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { fileOverlaps, patternsMeet } from '../../domain/plan/file-overlap.ts';
import type { Plan, Task } from '../../domain/plan/plan.ts';
import { cleanPlan, planProblems } from '../../domain/plan/problems.ts';
import { task } from '../support/plan-task.ts';

const plan = (...tasks: Task[]): Plan => ({ goal: 'Make it better', summary: '', tasks });
const messages = (given: Plan): string[] => planProblems(given).map(({ message }) => message);

describe('errors', () => {
  test('a sound plan has no problems', () => {
    expect(planProblems(plan(task('a'), task('b', { dependsOn: ['a'] })))).toEqual([]);
  });

  test('a plan without tasks is refused', () => {
    expect(messages(plan())).toEqual([expect.stringContaining('no tasks')]);
  });

  test('a plan of 1,000 tasks is accepted and one of 10,001 refused', () => {
    const many = (count: number): Plan => plan(...Array.from({ length: count }, (_, i) => task(`t${i}`)));
    expect(planProblems(many(1_000))).toEqual([]);
    expect(messages(many(10_001))).toEqual([expect.stringContaining('10001 tasks, the limit is 10000')]);
  });

  test('all problems are reported at once', () => {
    const found = messages(
      plan(
        task('Bad Id'),
        task('a', { dependsOn: ['a'] }),
        task('a', { dependsOn: ['bild'] }),
        task('build', { title: '', priority: 0, retries: 1.5 }),
        task('long', { title: 'x'.repeat(121) }),
        task('away', { files: ['../../etc/passwd', '/etc/passwd'] }),
      ),
    );
    expect(found).toEqual([
      expect.stringContaining('for example "bad-id"'),
      expect.stringContaining('"priority" must be a whole number from 1'),
      expect.stringContaining('"retries" must be a whole number from 0 to 20'),
      expect.stringContaining('empty title'),
      expect.stringContaining('121 characters long, the limit is 120'),
      expect.stringContaining('leads out of the repository'),
      expect.stringContaining('absolute path'),
      expect.stringContaining('Two tasks have the id "a"'),
      expect.stringContaining('depends on itself'),
      expect.stringContaining('depends on "bild", which is not in the plan, did you mean "build"?'),
    ]);
  });

  test('a cycle is named', () => {
    expect(messages(plan(task('a', { dependsOn: ['b'] }), task('b', { dependsOn: ['a'] })))).toEqual([
      expect.stringContaining('a → b → a'),
    ]);
  });

  test('a plan of any shape gets problems, never an exception', () => {
    fc.assert(
      fc.property(fc.array(fc.anything()), (tasks) => {
        const found = planProblems({ goal: 'g', summary: '', tasks: tasks as Task[] });
        expect(found.length).toBeGreaterThan(0);
      }),
    );
  });

  test('thousands of problems are cut and counted', () => {
    const found = planProblems(plan(...Array.from({ length: 2_000 }, () => task('same'))));
    expect(found).toHaveLength(51);
    expect(found.at(-1)?.message).toBe('… and 1949 more');
  });
});

describe('overlaps', () => {
  const overlap = (...tasks: Task[]): string[] => messages(plan(...tasks));

  test('two parallel tasks with a file in common are a warning', () => {
    const found = planProblems(
      plan(task('a', { files: ['src/x.ts'] }), task('b', { files: ['./src/x.ts'] })),
    );
    expect(found).toEqual([
      expect.objectContaining({
        severity: 'warning',
        message: expect.stringContaining('Tasks a, b can run'),
      }),
    ]);
  });

  test('tasks that wait for each other, also through others, may share files', () => {
    expect(
      overlap(
        task('c', { files: ['x'], dependsOn: ['b'] }),
        task('b', { dependsOn: ['a'] }),
        task('a', { files: ['x'] }),
      ),
    ).toEqual([]);
  });

  test('directories and globs overlap with what is in them', () => {
    expect(overlap(task('a', { files: ['src'] }), task('b', { files: ['src/deep/x.ts'] }))).toHaveLength(1);
    expect(
      overlap(task('a', { files: ['src/**/*.ts'] }), task('b', { files: ['src/deep/x.ts'] })),
    ).toHaveLength(1);
    expect(overlap(task('a', { files: ['src/**/*.ts'] }), task('b', { files: ['src/deep/x.js'] }))).toEqual(
      [],
    );
    expect(overlap(task('a', { files: ['src/*.ts'] }), task('b', { files: ['src/deep/x.ts'] }))).toEqual([]);
  });

  test('tasks below one directory do not overlap through a third that owns it', () => {
    const found = fileOverlaps([
      task('all', { files: ['src/**'] }),
      task('a', { files: ['src/a.ts'], dependsOn: ['all'] }),
      task('b', { files: ['src/b.ts'], dependsOn: ['all'] }),
    ]);
    expect(found.overlaps).toEqual([]);
  });

  test('a pattern meets every path that it matches', () => {
    const part = fc.stringMatching(/^[a-c]{1,3}$/);
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(3), { maxLength: 5 }),
        (parts, how) => {
          const pattern = parts
            .map((name, i) => ['**', '*', `${name.slice(0, 1)}*`, name][how[i] ?? 3] ?? name)
            .join('/');
          expect(patternsMeet(pattern, parts.join('/'))).toBe(true);
          expect(patternsMeet(parts.join('/'), pattern)).toBe(true);
        },
      ),
    );
  });

  test('10,000 tasks that share files are compared in good time', () => {
    const tasks = Array.from({ length: 10_000 }, (_, i) =>
      task(`t${i}`, {
        files: [`src/${i % 5_000}.ts`, 'package.json', ...(i % 100 === 0 ? [`lib/${i}/**/*.ts`] : [])],
        dependsOn: i === 0 ? [] : [`t${i - 1}`],
      }),
    );
    const before = process.cpuUsage();
    expect(planProblems(plan(...tasks)).filter(({ message }) => message.includes('can run'))).toEqual([]);
    expect(process.cpuUsage(before).user).toBeLessThan(8_000_000);
  });
});

test('control characters, terminal sequences and turned text do not survive', () => {
  const cleaned = cleanPlan(
    plan(
      task('a', {
        title: '\u001b[31mred\u001b[0m \u001b]0;owned\u0007title\r\nnext',
        description: 'one\r\n\ttwo\u0000\u202e\u009b31m',
        files: ['a\u0007.ts', 'a.ts'],
      }),
    ),
  );
  expect(cleaned.tasks[0]).toMatchObject({
    title: 'red title next',
    description: 'one\n\ttwo',
    files: ['a.ts'],
  });
});
