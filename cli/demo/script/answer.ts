/**
 * What the scripted model answers to a request. Nothing is remembered between requests: who asks, for which task and
 * how far it is, is read from the conversation, so that retries, several agents and restarts change nothing.
 */
import { SCRIPTED_CRITIQUE } from './critic.ts';
import { conflictScript, UNITS_FIX } from './fixes.ts';
import { NUMBER_SCRIPTS } from './number-tasks.ts';
import { SCRIPTED_PLAN } from './planner.ts';
import type { NextStep, ScriptedStep } from './step.ts';
import { scriptedSummary } from './synthesiser.ts';
import { TEXT_SCRIPTS } from './text-tasks.ts';

/** The conversation as the mock server gives it, in the form of OpenAI's messages. */
export interface Asked {
  readonly messages: readonly {
    readonly role: 'system' | 'user' | 'assistant' | 'tool';
    readonly content: unknown;
  }[];
}

export type Scripted =
  | { readonly kind: 'text'; readonly text: string }
  | ({ readonly kind: 'step' } & ScriptedStep)
  /** The demo has no script for this request. */
  | { readonly kind: 'unknown'; readonly reason: string };

const SCRIPTS: Readonly<Record<string, readonly NextStep[]>> = { ...TEXT_SCRIPTS, ...NUMBER_SCRIPTS };

export const scriptedAnswer = ({ messages }: Asked): Scripted => {
  const system = textOf(messages.find(({ role }) => role === 'system')?.content);
  const first = textOf(messages.find(({ role }) => role === 'user')?.content);
  if (system.startsWith("You are Drover's planner"))
    return { kind: 'text', text: JSON.stringify(SCRIPTED_PLAN) };
  if (system.startsWith("You are Drover's critic"))
    return { kind: 'text', text: JSON.stringify(SCRIPTED_CRITIQUE) };
  if (system.startsWith("You are Drover's synthesiser"))
    return { kind: 'text', text: scriptedSummary(first) };
  if (system.startsWith("You are Drover's coding agent")) return agentStep(messages, first);
  return { kind: 'unknown', reason: 'the scripted model knows no such request' };
};

const agentStep = (messages: Asked['messages'], task: string): Scripted => {
  const script = scriptFor(task);
  if (script === undefined)
    return { kind: 'unknown', reason: 'the scripted model has no script for this task' };
  const turn = messages.filter(({ role }) => role === 'assistant').length;
  const lastAnswer = messages.findLastIndex(({ role }) => role === 'assistant');
  const results = messages
    .slice(lastAnswer + 1)
    .flatMap(({ role, content }) => (role === 'tool' ? [textOf(content)] : []));
  // Past its end a script repeats its last step: a message may have come in, or a call may have failed.
  const next = script[Math.min(turn, script.length - 1)];
  return next === undefined
    ? { kind: 'unknown', reason: 'an empty script' }
    : { kind: 'step', ...next(results) };
};

const scriptFor = (task: string): readonly NextStep[] | undefined => {
  const conflict = /with conflict markers \([^)]*\) in: (.+)\.$/m.exec(task)?.[1];
  if (conflict !== undefined) return conflictScript(conflict.split(', '));
  if (/^# What you have to do now: repair the (test|build)$/m.test(task))
    return task.includes('fileSummary') ? UNITS_FIX : undefined;
  const id = /^Task id: ([a-z0-9-]+)$/m.exec(task)?.[1];
  return id === undefined ? undefined : SCRIPTS[id];
};

const textOf = (content: unknown): string => {
  if (typeof content === 'string') return content;
  return Array.isArray(content)
    ? content
        .map((part: unknown) =>
          typeof part === 'object' && part !== null && 'text' in part && typeof part.text === 'string'
            ? part.text
            : '',
        )
        .join('')
    : '';
};
