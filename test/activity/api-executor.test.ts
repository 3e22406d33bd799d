import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Anthropic } from '@anthropic-ai/sdk';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentSpec } from '../../domain/agents/agent.ts';
import type { ExecutorEvent, ExecutorOutcome } from '../../workers/executors/executor.ts';
import { apiExecutor } from '../../workers/executors/api/loop.ts';
import { executorContext } from '../support/executor-context.ts';
import { startModelServer, type ModelServer, type ScriptedReply } from '../support/model-server.ts';

const KEY = 'canary-key-1234';

let workspace: string;
let server: ModelServer | undefined;
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'drover-api-'));
  await writeFile(join(workspace, 'greet.js'), "export const greet = () => 'hello';\n");
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(workspace, { recursive: true, force: true });
});

let calls = 0;
const call = (tool: string, input: object): { tool: string; id: string; input: object } => ({
  tool,
  id: `call-${++calls}`,
  input,
});
const finish = (summary = 'Done.'): ScriptedReply => ({ blocks: [call('finish', { summary })] });

interface Ran {
  readonly outcome: ExecutorOutcome;
  readonly events: readonly ExecutorEvent[];
  readonly requests: readonly Anthropic.MessageCreateParamsStreaming[];
}

/** Runs the agent against `replies`; the last one is given again and again. */
const run = async (
  replies: readonly ScriptedReply[],
  options: {
    limits?: Partial<AgentSpec['limits']>;
    spec?: Partial<AgentSpec>;
    onRequest?: (index: number, send: (text: string) => void) => void;
    signal?: AbortSignal;
  } = {},
): Promise<Ran> => {
  const sending: { send?: (text: string) => void } = {};
  const running = await startModelServer((_, index) => {
    options.onRequest?.(index, (text) => sending.send?.(text));
    return replies[Math.min(index, replies.length - 1)]!;
  });
  server = running;
  const testing = await executorContext({
    workspace,
    modelAccess: { apiKey: KEY, baseUrl: running.url },
    ...options,
  });
  sending.send = (text) => testing.send(text);
  return {
    outcome: await apiExecutor.run(testing.context),
    events: testing.events,
    requests: running.requests,
  };
};

/** The tool results in a request, newest turn. */
const resultsIn = (
  request: Anthropic.MessageCreateParamsStreaming | undefined,
): Anthropic.ToolResultBlockParam[] => {
  const content = request?.messages.at(-1)?.content;
  return Array.isArray(content)
    ? content.flatMap((block) => (block.type === 'tool_result' ? [block] : []))
    : [];
};
const textsIn = (request: Anthropic.MessageCreateParamsStreaming | undefined): string[] => {
  const content = request?.messages.at(-1)?.content;
  return Array.isArray(content)
    ? content.flatMap((block) => (block.type === 'text' ? [block.text] : []))
    : [];
};

describe('an agent on the Anthropic API', () => {
  test('reads, edits, runs commands and finishes', async () => {
    const { outcome, events, requests } = await run([
      {
        blocks: [{ text: 'I look first.' }, call('list_files', {}), call('read_file', { path: 'greet.js' })],
      },
      {
        blocks: [
          call('edit_file', {
            path: 'greet.js',
            old_text: "() => 'hello'",
            new_text: '(name) => `hello ${name}`',
          }),
          call('write_file', {
            path: 'test/run.mjs',
            content: "import { greet } from '../greet.js'; console.log(greet('you'));",
          }),
          call('run_command', { command: 'node test/run.mjs && node --version' }),
        ],
      },
      finish('Greets by name.'),
    ]);
    expect(outcome).toMatchObject({ outcome: 'completed', summary: 'Greets by name.' });
    expect(outcome.usage).toMatchObject({
      calls: 3,
      inputTokens: 300,
      outputTokens: 30,
      costIncomplete: false,
    });
    expect(outcome.usage.costUsd).toBeCloseTo((300 * 3 + 30 * 15) / 1e6);
    expect(await readFile(join(workspace, 'greet.js'), 'utf8')).toContain('hello ${name}');
    expect(resultsIn(requests[1]).map((result) => result.content)).toEqual([
      'greet.js',
      "1\texport const greet = () => 'hello';",
    ]);
    expect(resultsIn(requests[2]).at(-1)?.content).toMatch(/^Exit code 0\.\nhello you\n/);
    expect(events.map((event) => event.kind)).toEqual([
      'usage',
      'message',
      'tool_call',
      'tool_result',
      'tool_call',
      'tool_result',
      'usage',
      'tool_call',
      'tool_result',
      'tool_call',
      'tool_result',
      'tool_call',
      'tool_result',
      'usage',
      'tool_call',
      'tool_result',
    ]);
  });

  test('is told the task, what was done before it, what went wrong and what to fix', async () => {
    const { requests } = await run([finish()], {
      spec: {
        acceptance: 'npm test',
        dependencies: [{ taskId: 'base', title: 'The base', commit: 'abc', summary: 'Made the base.' }],
        previous: [{ agentId: 'agent-0', outcome: 'timeout', reason: 'It took too long.' }],
        fix: { kind: 'conflict', taskId: 'other', commit: 'c', onto: 'o', paths: ['greet.js'] },
      },
    });
    const [text] = textsIn(requests[0]);
    for (const part of ['A friendlier program', 'Task id: add-greeting', 'Greet by name.', 'npm test'])
      expect(text).toContain(part);
    for (const part of [
      'Made the base.',
      'It took too long.',
      'resolve a merge conflict',
      'branch of task other',
    ])
      expect(text).toContain(part);
  });

  test('sends the whole conversation with the cache marked at its end, and nothing kept by the server', async () => {
    const { requests } = await run([
      { blocks: [call('list_files', {})] },
      { blocks: [call('list_files', {})] },
      finish(),
    ]);
    expect(requests.map((request) => request.messages.length)).toEqual([1, 3, 5]);
    for (const request of requests) {
      expect(request).not.toHaveProperty('thread');
      expect(JSON.stringify(request.system)).toContain('"cache_control":{"type":"ephemeral"}');
      expect(JSON.stringify(request.messages.at(-1))).toContain('"cache_control"');
      expect(JSON.stringify(request).match(/"cache_control"/g)!.length).toBeLessThanOrEqual(4);
    }
    expect(requests[0]!.system).toEqual(requests[2]!.system);
    expect(requests[0]!.tools).toEqual(requests[2]!.tools);
  });

  test('tells the model what was wrong with a call instead of failing', async () => {
    await symlink('/etc', join(workspace, 'etc'));
    const { outcome, requests, events } = await run([
      {
        blocks: [
          { tool: 'write_file', id: 'cut', rawInput: '{"path":"greet.js","content":"half' },
          call('no_such_tool', {}),
          call('read_file', { path: 7 }),
          call('read_file', { path: '../secret' }),
          call('read_file', { path: 'etc/passwd' }),
          call('write_file', { path: '.git/hooks/post-commit', content: 'x' }),
          call('edit_file', { path: 'greet.js', old_text: 'not there', new_text: 'x' }),
          call('search', { text: '(a+)+$', regex: true }),
          call('search', { text: '(', regex: true }),
          call('run_command', { command: 'exit 3' }),
          call('run_command', { command: 'sleep 30', timeout_seconds: 1 }),
        ],
      },
      finish(),
    ]);
    expect(outcome.outcome).toBe('completed');
    expect(resultsIn(requests[1]).map((result) => [result.is_error, result.content])).toEqual([
      [true, expect.stringContaining('not a whole JSON object')],
      [true, expect.stringContaining('no tool "no_such_tool"')],
      [true, expect.stringContaining('path')],
      [true, expect.stringContaining('".."')],
      [true, expect.stringContaining('symbolic link')],
      [true, expect.stringContaining("git's own files")],
      [true, expect.stringContaining('not in greet.js')],
      [false, 'No line matches.'],
      [true, expect.stringContaining('not a regular expression')],
      [false, expect.stringContaining('Exit code 3')],
      [false, expect.stringContaining('took too long')],
    ]);
    expect(await readFile(join(workspace, 'greet.js'), 'utf8')).toContain('hello');
    expect(events.filter((event) => event.kind === 'tool_result' && !event.ok)).toHaveLength(8);
  });

  test('does not finish on a turn in which another call failed', async () => {
    const { outcome, requests } = await run([
      { blocks: [call('finish', { summary: 'Early.' }), call('read_file', { path: 'none' })] },
      finish('Later.'),
    ]);
    expect(outcome.summary).toBe('Later.');
    expect(resultsIn(requests[1]).map((result) => result.is_error)).toEqual([true, true]);
  });

  test('is done when the model stops without finish, in its own words', async () => {
    const { outcome } = await run([{ blocks: [{ text: 'All is well.' }] }]);
    expect(outcome).toMatchObject({ outcome: 'completed', summary: 'All is well.' });
  });

  test('waits out 429 and 529 as told, and survives a cut stream', async () => {
    const { outcome, events } = await run([
      { status: 429, headers: { 'retry-after': '1' } },
      { status: 529, headers: { 'retry-after': '0' } },
      { blocks: [call('write_file', { path: 'once', content: 'x' })], cutAfter: 4 },
      { blocks: [call('write_file', { path: 'once', content: 'whole' })] },
      finish(),
    ]);
    expect(outcome.outcome).toBe('completed');
    expect(events.filter((event) => event.kind === 'waiting')).toHaveLength(3);
    expect(events.filter((event) => event.kind === 'tool_call' && event.tool === 'write_file')).toHaveLength(
      1,
    );
    expect(await readFile(join(workspace, 'once'), 'utf8')).toBe('whole');
    expect(outcome.usage.calls).toBe(3);
  });

  test('fails with the reason when the model refuses', async () => {
    const { outcome } = await run([
      {
        blocks: [],
        stop: 'refusal',
        stopDetails: { type: 'refusal', category: null, explanation: 'Not that.' },
      },
    ]);
    expect(outcome).toMatchObject({
      outcome: 'failed',
      failure: 'model',
      summary: expect.stringContaining('Not that.'),
    });
  });

  test('fails with what to do when the key is refused or missing', async () => {
    const { outcome } = await run([{ status: 401, message: 'invalid x-api-key' }]);
    expect(outcome).toMatchObject({
      outcome: 'failed',
      summary: expect.stringContaining('ANTHROPIC_API_KEY'),
    });
    const { context } = await executorContext({ workspace, modelAccess: {} });
    expect(await apiExecutor.run(context)).toMatchObject({
      outcome: 'failed',
      summary: expect.stringContaining('ANTHROPIC_API_KEY'),
    });
  });

  test('goes on after an answer that was cut at its limit, but not for ever', async () => {
    const cut: ScriptedReply = {
      blocks: [{ tool: 'write_file', id: 'x', rawInput: '{"path":"a","content":"hal' }],
      stop: 'max_tokens',
    };
    const continued = await run([cut, finish()]);
    expect(continued.outcome.outcome).toBe('completed');
    expect(textsIn(continued.requests[1])).toEqual([expect.stringContaining('smaller steps')]);
    await server?.close();
    const endless = await run([cut]);
    expect(endless.outcome).toMatchObject({ outcome: 'failed', summary: expect.stringContaining('cut off') });
    expect(endless.requests).toHaveLength(3);
  });

  test('ends at its limit of turns, told so before', async () => {
    const { outcome, requests } = await run([{ blocks: [call('list_files', {})] }], { limits: { turns: 4 } });
    expect(outcome.outcome).toBe('turn_limit');
    expect(requests).toHaveLength(4);
    expect(textsIn(requests[3])).toEqual([expect.stringContaining('1 turns left')]);
  });

  test('ends at its limit of tokens and never asks for more than is left; cache reads do not count', async () => {
    const { outcome, requests } = await run(
      [{ blocks: [call('list_files', {})], usage: { input: 2_000, output: 1_000, cacheRead: 50_000 } }],
      { limits: { tokens: 8_000 } },
    );
    expect(outcome.outcome).toBe('token_limit');
    expect(requests.map((request) => request.max_tokens)).toEqual([8_000, 5_000, 2_000]);
  });

  test('hears a message between two turns, and one that comes with the end', async () => {
    const { outcome, requests } = await run(
      [{ blocks: [call('list_files', {})] }, finish('First.'), finish('Second.')],
      {
        onRequest: (index, send) => {
          if (index < 2) send(`message ${index}`);
        },
      },
    );
    expect(textsIn(requests[1])).toEqual([expect.stringContaining('message 0')]);
    expect(textsIn(requests[2])).toEqual([expect.stringContaining('message 1')]);
    expect(outcome.summary).toBe('Second.');
  });

  test('stops at once when it is told to, whatever it is doing', async () => {
    const started = Date.now();
    const stopped = run([{ blocks: [call('run_command', { command: 'sleep 30' })] }], {
      signal: AbortSignal.timeout(300),
    });
    await expect(stopped).rejects.toThrow('aborted');
    expect(Date.now() - started).toBeLessThan(5_000);
  });

  test('shows its key to no command and no event', async () => {
    const { events, requests } = await run([
      { blocks: [call('run_command', { command: 'env; cat /proc/$PPID/environ | tr "\\0" "\\n"' })] },
      finish(),
    ]);
    expect(JSON.stringify(events)).not.toContain(KEY);
    expect(JSON.stringify(requests)).not.toContain(KEY);
    expect(JSON.stringify(server?.headers)).toContain(KEY);
  });

  test('with a gateway calls it with its own token instead of a key', async () => {
    const running = await startModelServer((request) =>
      'jsonrpc' in request ? { status: 404 } : finish('Through the gateway.'),
    );
    server = running;
    const testing = await executorContext({
      workspace,
      modelAccess: { gateway: { gatewayUrl: running.url, token: 'token-of-agent-0' } },
    });
    const outcome = await apiExecutor.run(testing.context);
    expect(outcome).toMatchObject({ outcome: 'completed', summary: 'Through the gateway.' });
    expect(running.paths).toEqual(['/mcp', '/anthropic/v1/messages']);
    expect(testing.events).toContainEqual({
      kind: 'notice',
      text: 'It works without the tools of the swarm: HTTP 404',
    });
    expect(JSON.stringify(running.headers)).toContain('token-of-agent-0');
  });
});
