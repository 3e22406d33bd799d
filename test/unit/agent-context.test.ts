/** What an agent is told besides its task: what is most relevant, and never more than fits. */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { chooseContext, contextTokens, nameOverlap, type ContextPiece } from '../../domain/agents/context.ts';

const piece = fc.record<ContextPiece>({
  kind: fc.constantFrom('project', 'change', 'shared'),
  name: fc.string({ minLength: 1, maxLength: 40 }),
  text: fc.string({ maxLength: 3_000 }),
  relevance: fc.double({ min: 0, max: 1, noNaN: true }),
});
const pieces = fc.array(piece, { maxLength: 30 });
const budget = fc.integer({ min: 0, max: 8_000 });

describe('the context of an agent', () => {
  test('never takes more than its tokens', () => {
    fc.assert(
      fc.property(pieces, budget, (all, tokens) => {
        const { pieces: chosen } = chooseContext(all, tokens);
        expect(chosen.reduce((sum, one) => sum + contextTokens(one), 0)).toBeLessThanOrEqual(tokens);
      }),
    );
  });

  test('holds all that is more relevant than what was left out, and only the last piece is cut', () => {
    fc.assert(
      fc.property(pieces, budget, (all, tokens) => {
        const { pieces: chosen, left } = chooseContext(all, tokens);
        const ranked = all.toSorted((a, b) => b.relevance - a.relevance);
        expect([...chosen.map(({ name }) => name), ...left]).toEqual(ranked.map(({ name }) => name));
        chosen.slice(0, -1).forEach((one, at) => expect(one.text).toBe(ranked[at]?.text));
      }),
    );
  });

  test('leaves nothing out that fits', () => {
    fc.assert(
      fc.property(pieces, (all) => {
        const needed = all.reduce((sum, one) => sum + contextTokens(one), 0);
        expect(chooseContext(all, needed)).toMatchObject({ left: [] });
        expect(chooseContext(all, needed).pieces).toHaveLength(all.length);
      }),
    );
  });

  test('shows the beginning of what does not fit whole, and names the rest', () => {
    const chosen = chooseContext(
      [
        { kind: 'project', name: 'README.md', text: 'x'.repeat(9_000), relevance: 0.5 },
        { kind: 'shared', name: 'notes', text: 'short', relevance: 0.3 },
        { kind: 'project', name: 'AGENTS.md', text: 'Use tabs.', relevance: 0.9 },
      ],
      500,
    );
    expect(chosen.pieces.map(({ name }) => name)).toEqual(['AGENTS.md', 'README.md']);
    expect(chosen.pieces[1]?.text).toMatch(/^x{900,}\n… the rest is left out$/);
    expect(chosen.left).toEqual(['notes']);
  });

  test('ranks a text by how much of its name the task speaks of', () => {
    expect(nameOverlap('login-api', 'Write the login page against the API')).toBe(1);
    expect(nameOverlap('login-schema', 'Write the login page')).toBe(0.5);
    expect(nameOverlap('x', 'x')).toBe(0);
  });
});
