import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { planProblems } from '../../domain/plan/problems.ts';
import { planByRules } from '../../domain/plan/by-rules.ts';
import type { Role } from '../../domain/agents/roles.ts';

const outline = (goal: string) =>
  planByRules(goal).tasks.map(({ id, dependsOn, category }) => [id, dependsOn, category]);

describe('a plan without a model', () => {
  test('has a task for each open point of a list; those that are done are left out', () => {
    const goal =
      'Make it better\n\n- [ ] Add search to `src/index.js`\n  with paging\n- [x] Old news\n  of long ago\n- [ ] Document the API in docs/api.md';
    expect(outline(goal)).toEqual([
      ['add-search-to-src-index-js', [], 'default'],
      ['document-the-api-in-docs-api-md', [], 'documentation'],
    ]);
    const [search, docs] = planByRules(goal).tasks;
    expect(search?.description).toContain('with paging');
    expect(search?.files).toEqual(['src/index.js']);
    expect(docs?.files).toEqual(['docs/api.md']);
    expect(JSON.stringify(planByRules(goal).tasks)).not.toContain('long ago');
  });

  test('numbered points follow each other, nested ones belong to theirs', () => {
    expect(outline('1. Make the table\n   - with an index\n2. Fill it\n3. Show it')).toEqual([
      ['make-the-table', [], 'database'],
      ['fill-it', ['make-the-table'], 'default'],
      ['show-it', ['fill-it'], 'default'],
    ]);
  });

  test('design comes before the rest and testing behind it, wherever it is written', () => {
    const goal =
      '## Testing\n- Run the journeys\n## Work\n- Parser\n- Printer\n## Design\n- Draw the interface';
    expect(outline(goal).map(([id, dependsOn]) => [id, dependsOn])).toEqual([
      ['draw-the-interface', []],
      ['parser', ['draw-the-interface']],
      ['printer', ['draw-the-interface']],
      ['run-the-journeys', ['parser', 'printer']],
    ]);
  });

  test('a goal that is no list is one task with all its words', () => {
    const [task, ...more] = planByRules(
      'Let truncate cut between words.\nKeep the old way as default.',
    ).tasks;
    expect(more).toEqual([]);
    expect(task?.title).toBe('Let truncate cut between words.');
    expect(task?.description).toContain('Keep the old way');
  });

  test('words choose the role among those that may write', () => {
    const role = (name: string, writes: boolean): Role => ({
      name,
      title: name,
      description: '',
      version: 1,
      prompt: '',
      keywords: ['parser'],
      writes,
    });
    const roles = { reader: role('reader', false), builder: role('builder', true) };
    expect(planByRules('- Write the parser\n- Sing', roles).tasks.map((task) => task.role)).toEqual([
      'builder',
      undefined,
    ]);
  });

  test('whatever the goal says, the plan can be used', () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc
        .constantFrom('- ', '1. ', '## Design ', '## Test ', '- [x] ', '  - ')
        .chain((start) => fc.string({ maxLength: 60 }).map((text) => start + text)),
    );
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 20 }), (lines) => {
        const goal = `goal ${lines.join('\n')}`;
        const wrong = planProblems(planByRules(goal)).filter(({ severity }) => severity === 'error');
        expect(wrong).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});
