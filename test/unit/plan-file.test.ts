import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { readPlanFile } from '../../config/plan-file.ts';
import { problemLine } from '../../config/problem.ts';
import type { Plan } from '../../domain/plan/plan.ts';

const read = (text: string) => readPlanFile(text, { path: 'plan.yml' });
const lines = (text: string): string[] => read(text).problems.map(problemLine);
const plan = (text: string): Plan => {
  const { plan, problems } = read(text);
  if (plan === undefined) throw new Error(problems.map(problemLine).join('\n'));
  return plan;
};

const FEATURES = `[
  {"name": "Feature 1", "category": "frontend", "priority": 1},
  {"name": "Feature 2", "category": "backend", "priority": 1},
  {"name": "Feature 3", "category": "database", "priority": 1},
  {"name": "Feature 4", "category": "frontend", "priority": 2},
  {"name": "Feature 5", "category": "backend", "priority": 2}
]`;

describe('a plan file', () => {
  test("the seed's features.json is a plan of five tasks without dependencies", () => {
    const { plan, problems } = readPlanFile(FEATURES, { path: 'x/features.json' });
    expect(problems).toEqual([]);
    expect(plan?.goal).toBe('Complete the 5 features of features.json');
    expect(plan?.tasks.map(({ id, title, category, priority }) => [id, title, category, priority])).toEqual([
      ['feature-1', 'Feature 1', 'frontend', 1],
      ['feature-2', 'Feature 2', 'backend', 1],
      ['feature-3', 'Feature 3', 'database', 1],
      ['feature-4', 'Feature 4', 'frontend', 2],
      ['feature-5', 'Feature 5', 'backend', 2],
    ]);
    expect(plan?.tasks[0]).toEqual({
      id: 'feature-1',
      title: 'Feature 1',
      description: 'Feature 1',
      dependsOn: [],
      priority: 1,
      category: 'frontend',
      files: [],
    });
  });

  test('features may depend on each other by number, id or name, and done ones are left out', () => {
    const { plan, problems } = read(`
- { id: 1, name: Login page, steps: [open it, log in] }
- { id: 2, name: Logout, depends_on: 1 }
- { id: 7, name: Audit, depends_on: ["Logout", feature-1, 9] }
- { id: 9, name: Schema, passes: true }
`);
    expect(plan?.tasks.map(({ id, dependsOn }) => [id, dependsOn])).toEqual([
      ['feature-1', []],
      ['feature-2', ['feature-1']],
      ['feature-7', ['feature-2', 'feature-1']],
    ]);
    expect(plan?.tasks[0]?.description).toBe('1. open it\n2. log in');
    expect(problems.map(problemLine)).toEqual([
      'plan.yml: 1 of the features are done already and were left out',
    ]);
  });

  test('everything that a task can say is read', () => {
    expect(
      plan(`
goal: Make it fast
summary: First measure, then cut.
tasks:
  - id: measure
    title: Measure
    description: |
      Write a benchmark.
      Run it.
    files: bench/**
    category: testing
    priority: 1
    executor: command
    command: npm run bench
    acceptance: test -s bench.txt
    model: haiku
    timeout: 1h30m
    retries: 3
    allow_empty: true
  - title: Cut!
    depends_on: measure
`),
    ).toEqual({
      goal: 'Make it fast',
      summary: 'First measure, then cut.',
      tasks: [
        {
          id: 'measure',
          title: 'Measure',
          description: 'Write a benchmark.\nRun it.\n',
          dependsOn: [],
          priority: 1,
          category: 'testing',
          files: ['bench/**'],
          executor: 'command',
          model: 'haiku',
          command: 'npm run bench',
          acceptance: 'test -s bench.txt',
          timeoutSeconds: 5_400,
          retries: 3,
          allowEmpty: true,
        },
        {
          id: 'cut',
          title: 'Cut!',
          description: 'Cut!',
          dependsOn: ['measure'],
          priority: 2,
          category: 'default',
          files: [],
        },
      ],
    });
  });

  test('the goal of the person counts more than the one in the file', () => {
    const text = 'goal: theirs\ntasks: [{title: a}]';
    expect(readPlanFile(text, { path: 'p', goal: 'mine' }).plan?.goal).toBe('mine');
    expect(plan(text).goal).toBe('theirs');
  });

  test('tasks with the same title get ids of their own', () => {
    expect(
      plan('[{title: Same}, {title: same!}, {id: same-2, title: x}, {title: ещё}]').tasks.map((t) => t.id),
    ).toEqual(['same', 'same-3', 'same-2', 'feature-4']);
  });

  test('byte order mark, Windows line ends and JSON with tabs are read', () => {
    expect(plan('\ufefftasks:\r\n  - title: a\r\n    description: "b"\r\n').tasks[0]?.description).toBe('b');
    expect(plan('{\n\t"tasks": [\n\t\t{"title": "a"}\n\t]\n}').tasks).toHaveLength(1);
  });
});

describe('what is wrong is said at once, with its line', () => {
  test('names, types, limits, ids and dependencies', () => {
    expect(
      lines(`tasks:
  - title: one
    priorty: 1
  - titel: two
    timeout: soon
  - 5
`),
    ).toEqual([
      'plan.yml:3:5: "tasks[0].priorty" is not a setting, did you mean "priority"?',
      'plan.yml:4:5: "tasks[1].titel" is not a setting, did you mean "title"?',
      expect.stringContaining('"tasks[1]" must say what is to be done'),
      expect.stringContaining('plan.yml:5:14: "tasks[1].timeout" must be seconds (1800) or a duration'),
      'plan.yml:6:5: "tasks[2]" must be a group of settings, but is 5',
    ]);
    expect(
      lines(`tasks:
  - id: Über Uns
    title: x
  - id: a
    title: x
    priority: 0
    files:
      - ../secret
  - id: a
    title: x
    depends_on: [bb]
  - id: b
    title: x
    depends_on: [b]
`),
    ).toEqual([
      expect.stringContaining('plan.yml:2:9: "Über Uns" cannot be the id of a task'),
      expect.stringContaining('plan.yml:6:15: Task "a": "priority" must be a whole number'),
      expect.stringContaining('plan.yml:8:7: Task "a" names "../secret"'),
      expect.stringContaining('plan.yml:9:9: Two tasks have the id "a"'),
      expect.stringMatching(
        /plan\.yml:11:17: Task "a" depends on "bb", which is not in the plan, did you mean "b"\?/,
      ),
      expect.stringContaining('plan.yml:14:17: Task "b" depends on itself'),
    ]);
  });

  test('a cycle is named with the line of a dependency in it', () => {
    expect(lines('tasks:\n- {id: a, title: a, depends_on: b}\n- {id: b, title: b, depends_on: a}')).toEqual([
      expect.stringContaining('plan.yml:2:33: The dependencies go round in a circle: a → b → a.'),
    ]);
  });

  test('overlapping files are a warning, and the plan is read', () => {
    const { plan, problems } = read('- {title: a, files: src/x}\n- {title: b, files: [src/x, src/y]}');
    expect(plan?.tasks).toHaveLength(2);
    expect(problems).toEqual([
      expect.objectContaining({ severity: 'warning', line: 1, message: expect.stringContaining('src/x') }),
    ]);
  });

  test.each([
    ['', 'empty'],
    ['# nothing', 'empty'],
    ['[]', 'no tasks'],
    ['tasks: []', 'no tasks'],
    ['just words', 'must be a group of settings, but is the text "just words"'],
    ['goal: x', 'must have a list "tasks"'],
    ['tasks: [{title: a}]\nfeatures: []', 'not both'],
    ['[{name: ""}]', 'must say what is to be done'],
    ['a: 1\na: 2', 'plan.yml:2:1: The key a is there twice'],
    ['{"tasks": [], "tasks": []}', 'plan.yml:1:15: The key "tasks" is there twice'],
    ['tasks:\n\t- title: a', 'plan.yml:2:1: A tab is used for indentation'],
    ['tasks: [{title: "a}]', 'check quotes, brackets'],
    ['[{title: a}]\n---\n[{title: b}]', 'more than one document'],
    ['- !!js/function "x"', 'The tag !!js/function is not known'],
    ['[{title: a\0}]', 'not text'],

    ['[{title: a, depends_on: b, dependsOn: c}]', 'keep one'],
  ])('%j is refused: %s', (text, expected) => {
    const { plan, problems } = read(text);
    expect(plan).toBeUndefined();
    expect(problems.map(problemLine).join('\n')).toContain(expected);
  });

  test('50,000 open brackets are one problem, not a crash', () => {
    expect(lines('['.repeat(50_000))).toEqual([expect.stringContaining('nested too deeply')]);
  });

  test('nested aliases do not use up the memory', () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) => `l${i + 1}: &l${i + 1} [${Array(10).fill(`*l${i}`).join(', ')}]`,
    );
    expect(lines(`l0: &l0 [x]\n${levels.join('\n')}\n`).join()).toContain('without anchors and aliases');
    expect(read('&a [*a]').plan).toBeUndefined();
  });

  test('a file over 10 MB is refused before it is read', () => {
    const before = process.cpuUsage();
    expect(lines(`- title: ${'x'.repeat(11 * 1_048_576)}`)).toEqual([
      expect.stringContaining('has 12 MB, the limit is 10 MB'),
    ]);
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
  });

  test('1,000 tasks are read, thousands of problems are cut, in good time', () => {
    const before = process.cpuUsage();
    const many = (make: (i: number) => string): string =>
      Array.from({ length: 1_000 }, (_, i) => make(i)).join('\n');
    expect(
      plan(many((i) => `- {title: task ${i}, depends_on: ${i === 0 ? '[]' : `task-${i - 1}`}}`)).tasks,
    ).toHaveLength(1_000);
    expect(lines(many((i) => `- {title: task ${i}, depends_on: nobody}`)).at(-1)).toBe(
      'plan.yml: … and 950 more',
    );
    expect(process.cpuUsage(before).user).toBeLessThan(8_000_000);
  });

  test('no text makes it throw, and what it accepts is sound', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.string().map((text) => `- title: ${text}`),
          fc.string({ unit: 'binary' }),
        ),
        (text) => {
          const { plan, problems } = read(text);
          expect(plan !== undefined || problems.length > 0).toBe(true);
          for (const { id } of plan?.tasks ?? []) expect(id).toMatch(/^[a-z0-9][a-z0-9-]{0,39}$/);
        },
      ),
      { numRuns: 300 },
    );
  });
});

test('the example plans are valid', async () => {
  for (const name of ['plan.yml', 'features.json']) {
    const text = await readFile(new URL(`../../examples/${name}`, import.meta.url), 'utf8');
    const { plan, problems } = readPlanFile(text, { path: name });
    expect(problems.map(problemLine)).toEqual([]);
    expect(plan?.tasks.length).toBeGreaterThan(2);
  }
});

test('the plan that the README has one write is valid', async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const text = /<<'EOF'\n([\s\S]+?)\nEOF/.exec(readme)?.[1] ?? '';
  const { plan, problems } = readPlanFile(text, { path: 'plan.yml' });
  expect(problems.map(problemLine)).toEqual([]);
  expect(plan?.tasks.map(({ id }) => id)).toEqual(['headers-src', 'headers-test']);
});
