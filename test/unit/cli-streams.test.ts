/** The streams in `cli-streams/` were printed by the real CLIs, against a scripted model. */
import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { addUsage, NO_USAGE, type Usage } from '../../domain/models/usage.ts';
import { claudeReader } from '../../workers/executors/cli/claude-stream.ts';
import { codexReader } from '../../workers/executors/cli/codex-stream.ts';
import type { StreamReader, Verdict } from '../../workers/executors/cli/dialect.ts';
import { geminiReader } from '../../workers/executors/cli/gemini-stream.ts';
import { unavailableIn } from '../../workers/executors/cli/limits.ts';
import type { ExecutorEvent } from '../../workers/executors/executor.ts';

const directory = new URL('cli-streams/', import.meta.url);
const NAMES = readdirSync(directory).map((name) => name.replace('.jsonl', ''));
const linesOf = (name: string): string[] =>
  readFileSync(new URL(`${name}.jsonl`, directory), 'utf8')
    .trimEnd()
    .split('\n');

const NOW = Date.parse('2026-11-21T12:00:00Z');
const PRICE = { input: 2, output: 10, cacheWrite: 2.5, cacheRead: 0.1 };

const readerFor = (name: string, before: Usage = NO_USAGE): StreamReader => {
  if (name.startsWith('claude')) return claudeReader({ before, price: PRICE, now: () => NOW });
  return name.startsWith('codex') ? codexReader({ before, price: PRICE }) : geminiReader(PRICE);
};

interface Read {
  readonly events: readonly ExecutorEvent[];
  readonly verdict: Verdict;
  readonly usage: Usage;
  readonly idle: boolean;
}

const readAll = (reader: StreamReader, lines: readonly string[], exitCode = 0): Read => {
  const read = lines.flatMap((line) => reader.read(line));
  const idle = reader.isIdle();
  const { events, verdict } = reader.end({ exitCode, errors: 'what it said last' });
  const all = [...read, ...events];
  const usage = all.reduce(
    (sum, event) => (event.kind === 'usage' ? addUsage(sum, event.usage) : sum),
    NO_USAGE,
  );
  return { events: all, verdict, usage, idle };
};

const kindsOf = ({ events }: Read): string[] => events.map(({ kind }) => kind);

describe('recorded streams', () => {
  test.each([
    ['claude-done', 'completed', 'All done.', 2_000, 100, 0.005],
    ['claude-two-messages', 'completed', 'All done.', 3_000, 150, 0.0075],
    ['codex-done', 'completed', 'All done.', 2_000, 100, 0.005],
    ['codex-sandboxed', 'completed', 'All done.', 2_000, 100, 0.005],
    ['gemini-done', 'completed', 'All done.', 2_000, 100, 0.005],
    ['gemini-unknown-tool', 'completed', 'All done.', 2_000, 100, 0.005],
    ['gemini-resumed', 'completed', 'All done.', 1_000, 50, 0.0025],
  ])('%s is %s', (name, outcome, summary, inputTokens, outputTokens, costUsd) => {
    const read = readAll(readerFor(name), linesOf(name));
    expect(read.verdict).toMatchObject({ outcome, summary });
    expect(read.usage).toMatchObject({ inputTokens, outputTokens, costIncomplete: false });
    expect(read.usage.costUsd).toBeCloseTo(costUsd, 9);
    expect(kindsOf(read)[0]).toBe('session');
    expect(read.idle).toBe(true);
  });

  test.each([
    ['claude-429', 'model_unavailable', /429/],
    ['claude-529', 'model_unavailable', /529/],
    ['claude-401', 'failed', /Invalid API key/],
    ['codex-429', 'model_unavailable', /429/],
    ['codex-529', 'model_unavailable', /529/],
    ['codex-401', 'failed', /401/],
    ['gemini-401', 'failed', /invalid x-api-key/],
  ])('%s is %s, though the CLI may call it a success', (name, outcome, summary) => {
    const read = readAll(readerFor(name), linesOf(name), 1);
    expect(read.verdict).toMatchObject({ outcome, summary: expect.stringMatching(summary) });
    expect(read.usage).toEqual(NO_USAGE);
  });

  test('retries of the CLI are shown as waiting, with the time that the model asked for', () => {
    const { events } = readAll(readerFor('claude'), linesOf('claude-429'));
    expect(events.filter(({ kind }) => kind === 'waiting')).toEqual([
      { kind: 'waiting', reason: "the model's API: rate_limit (429), try 1 of 2", seconds: 2.462 },
      { kind: 'waiting', reason: "the model's API: rate_limit (429), try 2 of 2", seconds: 2.461 },
    ]);
  });

  test('a denied tool is visible, once, in the events and in the summary', () => {
    const { events, verdict } = readAll(readerFor('claude'), linesOf('claude-denied'));
    expect(events.filter(({ kind }) => kind === 'permission_denied')).toEqual([
      { kind: 'permission_denied', tool: 'Bash', text: expect.stringContaining('requires approval: curl') },
    ]);
    expect(verdict).toEqual({ outcome: 'completed', summary: 'All done.\n\nDenied: Bash' });
  });

  test.each([
    ['claude-resumed', 'claude-done'],
    ['codex-resumed', 'codex-done'],
  ])('%s counts only what came after %s, though the CLI counts both', (resumed, first) => {
    const { usage: before } = readAll(readerFor(first), linesOf(first));
    const { usage } = readAll(readerFor(resumed, before), linesOf(resumed));
    expect(usage).toMatchObject({ inputTokens: 1_000, outputTokens: 50, calls: 1 });
    expect(usage.costUsd).toBeCloseTo(0.0025, 9);
  });

  test('a tool that failed is a failed result, with what it printed', () => {
    expect(readAll(readerFor('codex'), linesOf('codex-sandboxed')).events).toContainEqual({
      kind: 'tool_result',
      id: 'item_1',
      ok: false,
      text: expect.stringContaining('bwrap'),
    });
  });

  test('a limit of a subscription is waited for until it resets', () => {
    const reader = readerFor('claude');
    const limit = { status: 'rejected', resetsAt: NOW / 1_000 + 3_600, rateLimitType: 'five_hour' };
    const read = readAll(reader, [
      JSON.stringify({ type: 'rate_limit_event', rate_limit_info: limit }),
      JSON.stringify({ type: 'result', subtype: 'success', is_error: true, result: "You've hit your limit" }),
    ]);
    expect(read.verdict).toEqual({
      outcome: 'model_unavailable',
      summary: "You've hit your limit",
      retryAfterSeconds: 3_600,
    });
    expect(read.events[0]).toEqual({
      kind: 'notice',
      text: 'The five_hour limit is used up, resets at 2026-11-21T13:00:00.000Z',
    });
  });
});

test.each([
  ['You have hit your usage limit. Try again in 2 hours 5 minutes.', { retryAfterSeconds: 7_500 }],
  ['429 Too Many Requests', {}],
  ['RESOURCE_EXHAUSTED: Your quota will reset after 1h2m3s.', { retryAfterSeconds: 3_723 }],
  ['Rate limit reached. Please try again in 3.2s', { retryAfterSeconds: 4 }],
  ['usage limit: try again in 99999999 days', { retryAfterSeconds: 604_800 }],
  ['The file in /tmp/429x was not found', undefined],
  ['invalid x-api-key', undefined],
])('%s', (words, expected) => {
  expect(unavailableIn(words)).toEqual(expected);
});

describe('streams that no CLI should print', () => {
  const OUTCOMES = ['completed', 'failed', 'turn_limit', 'model_unavailable'];
  const holds = ({ events, verdict, usage }: Read): void => {
    expect(OUTCOMES).toContain(verdict.outcome);
    expect(typeof verdict.summary).toBe('string');
    const { costIncomplete: _, ...amounts } = usage;
    for (const amount of Object.values(amounts)) expect(Number.isFinite(amount) && amount >= 0).toBe(true);
    for (const event of events)
      for (const [name, value] of Object.entries(event))
        if (name !== 'usage') expect(['string', 'number', 'boolean']).toContain(typeof value);
  };

  test.each(NAMES)('%s cut anywhere is never taken for success without its end', (name) => {
    const text = linesOf(name).join('\n');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: text.length }), (end) => {
        const read = readAll(readerFor(name), text.slice(0, end).split('\n'), 143);
        holds(read);
        const last = linesOf(name).at(-1) ?? '';
        if (end <= text.length - last.length && !name.includes('two'))
          expect(read.verdict.outcome).not.toBe('completed');
      }),
      { numRuns: 60 },
    );
  });

  test.each(NAMES)('%s with lines doubled counts nothing twice', (name) => {
    const lines = linesOf(name);
    const once = readAll(readerFor(name), lines);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: lines.length - 1 }), { maxLength: 8 }), (doubled) => {
        const read = readAll(
          readerFor(name),
          lines.flatMap((line, index) => (doubled.includes(index) ? [line, line] : [line])),
        );
        expect({ ...read.usage, costUsd: 0 }).toEqual({ ...once.usage, costUsd: 0 });
        expect(read.usage.costUsd).toBeCloseTo(once.usage.costUsd, 9);
        expect(read.verdict.outcome).toBe(once.verdict.outcome);
      }),
      { numRuns: 30 },
    );
  });

  /** The real line with one value, at any depth, replaced by anything. */
  const mutate = (value: unknown, path: readonly number[], by: unknown): unknown => {
    const [step, ...rest] = path;
    if (step === undefined || typeof value !== 'object' || value === null) return by;
    const entries = Object.entries(value);
    const entry = entries[step % Math.max(1, entries.length)];
    if (entry === undefined) return by;
    const changed = mutate(entry[1], rest, by);
    if (Array.isArray(value))
      return value.map((one, index) => (String(index) === entry[0] ? changed : (one as unknown)));
    return { ...value, [entry[0]]: changed };
  };

  test('hostile values and lines neither throw nor leave the form', () => {
    const lines = NAMES.flatMap((name) => linesOf(name).map((line) => [name, line] as const));
    const hostile = fc.oneof(
      fc
        .record({ at: fc.nat(), path: fc.array(fc.nat({ max: 30 }), { maxLength: 5 }), by: fc.jsonValue() })
        .map(({ at, path, by }) =>
          JSON.stringify(mutate(JSON.parse(lines[at % lines.length]?.[1] ?? '{}'), path, by)),
        ),
      fc.string(),
      fc.json(),
      fc.constantFrom(
        '{',
        '{"type":',
        'null',
        '[]',
        '{"type":"result"}',
        '{"__proto__":{"type":"result"}}',
        '\u0000',
      ),
    );
    fc.assert(
      fc.property(
        fc.constantFrom('claude', 'codex', 'gemini'),
        fc.array(hostile, { maxLength: 30 }),
        (name, all) => {
          holds(readAll(readerFor(name), all));
        },
      ),
      { numRuns: 400 },
    );
  });
});
