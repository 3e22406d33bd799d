import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { cell, code, codeBlock, inline, paragraphs, quote } from '../../domain/markdown.ts';
import { reportMarkdown } from '../../domain/report/markdown.ts';
import type { Report } from '../../domain/report/report.ts';
import type { TaskView } from '../../domain/swarm/swarm.ts';
import { NO_USAGE } from '../../domain/models/usage.ts';

const clock = { parse: (iso: string): number => Date.parse(iso) };
const USAGE = { ...NO_USAGE, calls: 3, inputTokens: 1_000, outputTokens: 200, costUsd: 0.0123 };

const view = (id: string, more: Partial<TaskView> = {}): TaskView => ({
  id,
  title: `Do ${id}`,
  state: 'completed',
  priority: 2,
  dependsOn: [],
  attempts: 1,
  agentId: 'agent-0',
  commit: 'a'.repeat(40),
  landing: 'landed',
  note: 'It is done.',
  startedAt: '2026-11-21T07:00:00.000Z',
  endedAt: '2026-11-21T07:02:05.000Z',
  usage: USAGE,
  ...more,
});

const REPORT: Report = {
  swarmId: 'add-search-k3f9',
  outcome: 'completed',
  goal: 'Add a search\nwith tests',
  repository: '/home/me/my project',
  baseBranch: 'main',
  baseCommit: 'b'.repeat(40),
  result: { branch: 'drover/add-search-k3f9', commit: 'c'.repeat(40) },
  planVersions: [
    {
      version: 1,
      key: 'k1',
      state: 'rejected',
      taskCount: 2,
      summary: 'All in one go.',
      changes: [],
      warnings: [],
      feedback: 'Split the index from the search.',
      origin: 'model',
    },
    {
      version: 2,
      key: 'k2',
      state: 'approved',
      taskCount: 3,
      summary: 'Index first.',
      changes: [
        { kind: 'added', taskId: 'index' },
        { kind: 'changed', taskId: 'search', fields: ['title', 'dependsOn'] },
      ],
      warnings: ['Tasks a, b can run at the same time'],
      origin: 'model',
    },
  ],
  tasks: [
    view('index'),
    view('search', { attempts: 2, note: 'The first attempt ran out of time.' }),
    view('docs', { state: 'failed', landing: 'skipped', note: 'Rejected at its gate.' }),
  ],
  landings: [
    { taskId: 'index', commit: 'a'.repeat(40), mergeCommit: 'd'.repeat(40), reason: 'conflicts with none' },
    { taskId: 'search', commit: 'e'.repeat(40), mergeCommit: 'c'.repeat(40), reason: 'depends on index' },
  ],
  matrices: [
    {
      base: 'b'.repeat(40),
      branches: ['index', 'search', 'docs'].map((taskId) => ({
        taskId,
        commit: 'a'.repeat(40),
        files: 2,
        insertions: 10,
        deletions: 1,
      })),
      pairs: [
        {
          a: 'index',
          b: 'search',
          sharedPaths: ['src/a.ts', 'src/b.ts'],
          overlappingHunks: 1,
          conflictPaths: ['src/a.ts'],
        },
        { a: 'search', b: 'docs', sharedPaths: ['README.md'], overlappingHunks: 0, conflictPaths: [] },
      ],
    },
  ],
  verifications: [
    {
      commit: 'd'.repeat(40),
      taskIds: ['index', 'search'],
      result: {
        ok: false,
        tree: 'f'.repeat(40),
        seconds: 12.34,
        cached: false,
        step: 'test',
        command: 'npm test',
        exitCode: 1,
        timedOut: false,
        output: 'expected 1, got 2',
        logPath: '/x',
      },
    },
    {
      commit: 'c'.repeat(40),
      taskIds: ['index'],
      result: { ok: true, tree: 'f'.repeat(40), seconds: 3, cached: false },
    },
  ],
  decisions: [
    {
      id: 'd1',
      kind: 'test',
      question: 'Let an agent fix the tests?',
      approveMeans: '',
      rejectMeans: '',
      taskIds: ['search'],
      detail: '',
      openedAt: '2026-11-21T07:02:00.000Z',
      answer: {
        action: 'approve',
        feedback: 'Look at the date.',
        by: 'person',
        at: '2026-11-21T07:03:00.000Z',
      },
    },
    {
      id: 'd2',
      kind: 'task',
      question: 'Skip docs?',
      approveMeans: '',
      rejectMeans: '',
      taskIds: ['docs'],
      detail: '',
      openedAt: '2026-11-21T07:02:00.000Z',
      answer: { action: 'reject', by: 'policy', at: '2026-11-21T07:04:00.000Z' },
    },
  ],
  usage: USAGE,
  startedAt: '2026-11-21T07:00:00.000Z',
  endedAt: '2026-11-21T08:10:00.000Z',
  warnings: ['the repository has uncommitted changes'],
};

const render = (changes: Partial<Report> = {}): string => reportMarkdown({ ...REPORT, ...changes }, clock);

const redRun = REPORT.verifications[0]!;
const greenRun = (commit: string): Report['verifications'][number] => ({
  commit,
  taskIds: ['index'],
  result: { ok: true, tree: 'f'.repeat(40), seconds: 1, cached: false },
});

test('the report says what was flaky: red once and green once on the same commit', () => {
  const flaky = reportMarkdown({ ...REPORT, verifications: [redRun, greenRun(redRun.commit)] }, clock);
  expect(flaky).toContain('2, 1 red, 1 flaky');
  expect(flaky).toContain('**red** (flaky): test');
  const real = reportMarkdown({ ...REPORT, verifications: [redRun, greenRun('9'.repeat(40))] }, clock);
  expect(real).not.toContain('flaky');
});

test('the report names branches that are red only together, and what was tried to find them', () => {
  const text = reportMarkdown(
    {
      ...REPORT,
      verifications: [redRun, { ...greenRun('9'.repeat(40)), how: 'alone' }],
      semanticConflicts: [
        { taskId: 'search', withTask: 'index', step: 'test' },
        { taskId: 'docs', step: 'build' },
        { taskId: 'docs', withTask: 'index', step: 'test', acceptanceOf: 'index', command: 'make check' },
      ],
    },
    clock,
  );
  expect(text).toContain('- `search` and `index`: each is green, the test is red with both.');
  expect(text).toContain('- `docs` is green by itself; the build is red with what landed before it.');
  expect(text).toContain(
    '- `docs` and `index`: each is green, the acceptance command of `index` (`make check`) is red with both.',
  );
  expect(text).toContain('| `index` alone |');
});

describe('the report', () => {
  test('says what was asked, done, merged, verified, decided and spent', () => {
    const text = render();
    for (const expected of [
      '# Report of swarm `add-search-k3f9`',
      '**Completed**: branch `drover/add-search-k3f9` at `cccccccccccc`.',
      '| Tasks | 3: 2 completed, 1 failed; 2 landed |',
      '| Verifications | 2, 1 red |',
      '| Decisions | 2, 1 by a person |',
      '| Time | 1 h 10 min (2026-11-21 07:00:00 to 2026-11-21 08:10:00 UTC) |',
      '| Model calls | 3: 1000 tokens in, 200 out |',
      '| Cost | $0.0123 |',
      '> Add a search\n> with tests',
      '### Version 1: rejected',
      'Rejected with:\n\n> Split the index from the search.',
      'Changed against the version before: added `index`, changed `search` (title, dependsOn).',
      '| `search` | Do search | completed | 2 | `aaaaaaaaaaaa` | landed | 2 min 5 s | $0.0123 | The first attempt ran out of time. |',
      '| 1 | `index` | `aaaaaaaaaaaa` | `dddddddddddd` | conflicts with none |',
      '2 pairs of the 3 branches changed a file in common; 1 of them is in conflict.',
      '| `search` | **1 in conflict** |   |',
      '| `docs` | · | 1 file |',
      '| `index`, `search` | `src/a.ts`, `src/b.ts` | 1 | `src/a.ts` |',
      '**red**: test `npm test` ended with 1',
      'expected 1, got 2',
      '| `d1` | test | Let an agent fix the tests? | approved | a person | 2026-11-21 07:03:00 | Look at the date. |',
      '| `d2` | task | Skip docs? | rejected | policy |',
      '- The repository has uncommitted changes',
    ])
      expect(text).toContain(expected);
  });

  test('with nothing in it has no empty sections', () => {
    const text = render({
      outcome: 'failed',
      reason: 'Nothing landed.',
      result: undefined as never,
      planVersions: [],
      tasks: [],
      landings: [],
      matrices: [],
      verifications: [],
      decisions: [],
      usage: NO_USAGE,
      warnings: [],
    });
    expect(text).toContain('**Failed**: no branch was delivered. Nothing landed.');
    expect(text.match(/^## .*/gm)).toEqual(['## At a glance', '## Goal']);
    expect(text).toContain('| Cost | none |');
  });

  test('does not show a cost that is not known as if it were', () => {
    expect(render({ usage: { ...USAGE, costIncomplete: true } })).toContain(
      'at least $0.0123 (the price of a model is not known)',
    );
  });

  test('has the words of a model marked as such, in plain paragraphs', () => {
    const text = render({ narrative: '# Great <b>work</b>\n\n- one\n- [two](http://x.example)' });
    expect(text).toContain('_Written by a model from the facts below._');
    expect(text).toContain('\\# Great \\<b\\>work\\</b\\>\n\n- one\n- \\[two\\](http\\://x.example)');
  });

  test('of 10,000 tasks is cut to what can be read and says so', () => {
    const text = render({ tasks: Array.from({ length: 10_000 }, (_, i) => view(`t${i}`)) });
    expect(text).toContain('… 8000 more in report.json');
    expect(text.length).toBeLessThan(600_000);
  });
});

describe('text of strangers', () => {
  const HOSTILE =
    '\u001b[31m# <script>alert(1)</script> [x](javascript:1) ![](http://e.example) | `a` **b** @me\r\n## no';

  test('in any field does nothing', () => {
    const text = render({
      goal: HOSTILE,
      reason: HOSTILE,
      tasks: [view('a', { title: HOSTILE, note: HOSTILE })],
      landings: [{ ...REPORT.landings[0]!, reason: HOSTILE }],
      decisions: [{ ...REPORT.decisions[0]!, question: HOSTILE }],
      warnings: [HOSTILE],
      narrative: HOSTILE,
    });
    expect(text).not.toContain('\u001b');
    expect(text).not.toMatch(/(?<!\\)<script/);
    expect(text).not.toMatch(/(?<!\\)\]\(/);
    expect(text.match(/^#{1,3} .*/gm)?.filter((line) => line.includes('no'))).toEqual([]);
  });

  test('cannot end a block of code', () => {
    const block = codeBlock('a\n````\n# out\n```');
    expect(block.startsWith('`````text\n')).toBe(true);
    expect(block.endsWith('\n`````')).toBe(true);
  });

  test('has no unescaped special character and no line of its own where none may be', () => {
    const special = /(?<!\\)(?:\\\\)*[`*[\]<>|~]/;
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const line of [inline(text), cell(text)]) {
          expect(line).not.toMatch(special);
          expect(line).not.toMatch(/[\n\r]/);
        }
        for (const line of quote(text).split('\n')) expect(line.startsWith('>')).toBe(true);
        for (const line of paragraphs(text).split('\n')) expect(line).not.toMatch(/^\s*([#+=-]|\d+[.)])/);
        expect(code(text)).not.toMatch(/\n|(?<!\\)\|/);
      }),
      { numRuns: 1_000 },
    );
  });
});
