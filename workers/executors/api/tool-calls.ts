/** Runs the tool calls of one answer, in order, since a later one may rely on an earlier one. */
import type { Anthropic } from '@anthropic-ai/sdk';
import type { AgentSpec } from '../../../domain/agents/agent.ts';
import { cap } from '../../../domain/failures.ts';
import { WRITING_TOOLS } from '../../../domain/agents/roles.ts';
import type { ExecutorContext } from '../executor.ts';
import { ToolProblem } from './tool-problem.ts';
import { editFile } from './tools/edit-file.ts';
import { finish } from './tools/finish.ts';
import { listFiles } from './tools/list-files.ts';
import { readFile } from './tools/read-file.ts';
import { runCommand } from './tools/run-command.ts';
import { search } from './tools/search.ts';
import type { Tool, ToolContext } from './tools/tool.ts';
import { writeFile } from './tools/write-file.ts';

export const TOOLS: readonly Tool[] = [listFiles, search, readFile, writeFile, editFile, runCommand, finish];

/** Those that an agent has: all but what its role leaves out, and nothing that writes for one that only reads. */
export const toolsFor = ({ role, readOnly }: Pick<AgentSpec, 'role' | 'readOnly'>): readonly Tool[] =>
  TOOLS.filter(
    ({ name }) =>
      name === finish.name ||
      ((role?.tools === undefined || role.tools.some((allowed) => allowed === name)) &&
        !(readOnly === true && WRITING_TOOLS.has(name))),
  );

/** Characters; a larger result would crowd out the conversation. */
const MAX_RESULT = 64_000;

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
  /** What the model sent, when it was not JSON. */
  readonly malformed?: string | undefined;
}

interface CallsDone {
  readonly results: readonly Anthropic.ToolResultBlockParam[];
  /** The summary, when the model called `finish` and no other call of the answer failed. */
  readonly finished?: string;
}

export const runToolCalls = async (
  calls: readonly ToolCall[],
  tools: ToolContext,
  context: Pick<ExecutorContext, 'emit' | 'signal'>,
  allowed: readonly Tool[] = TOOLS,
): Promise<CallsDone> => {
  const results: Anthropic.ToolResultBlockParam[] = [];
  let failed = false;
  let finished: string | undefined;
  // `finish` last, whatever the model's order: the other calls are part of the work.
  for (const call of [...calls].sort((a, b) => Number(isFinish(a)) - Number(isFinish(b)))) {
    context.signal.throwIfAborted();
    context.emit({
      kind: 'tool_call',
      id: call.id,
      tool: call.name,
      input: call.malformed ?? JSON.stringify(call.input),
    });
    const result: ToolAnswer =
      isFinish(call) && failed
        ? { ok: false, text: 'Not finished: another call of this turn failed. Look at it first.' }
        : await resultOf(call, tools, allowed);
    failed ||= !result.ok;
    const text = cap(result.text, MAX_RESULT);
    context.emit({ kind: 'tool_result', id: call.id, ok: result.ok, text });
    results.push({ type: 'tool_result', tool_use_id: call.id, content: text, is_error: !result.ok });
    if (isFinish(call) && result.ok) finished = result.text;
  }
  return finished === undefined ? { results } : { results, finished };
};

const isFinish = (call: ToolCall): boolean => call.name === finish.name;

interface ToolAnswer {
  readonly ok: boolean;
  readonly text: string;
}

const resultOf = async (
  call: ToolCall,
  tools: ToolContext,
  allowed: readonly Tool[],
): Promise<ToolAnswer> => {
  const tool = allowed.find((known) => known.name === call.name);
  if (tool === undefined)
    return {
      ok: false,
      text: `There is no tool "${call.name}". Tools: ${allowed.map((known) => known.name).join(', ')}.`,
    };
  if (call.malformed !== undefined)
    return {
      ok: false,
      text: 'Nothing was done: the input was not a whole JSON object. Was it cut off? Send less at once.',
    };
  try {
    return { ok: true, text: await tool.run(call.input, tools) };
  } catch (error) {
    if (error instanceof ToolProblem) return { ok: false, text: error.message };
    // A system error (no permission, no space): the model cannot be at fault, but it may find a way around.
    return {
      ok: false,
      text: `${call.name} failed: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
};
