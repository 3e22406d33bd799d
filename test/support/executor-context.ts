/** What the runner gives an executor, with a real directory and real commands, and what the executor emitted. */
import { realpath } from 'node:fs/promises';
import { runCommand } from '../../activities/process/run-command.ts';
import type { AgentSpec } from '../../domain/agents/agent.ts';
import type { ExecutorContext, ExecutorEvent, ModelAccess } from '../../workers/executors/executor.ts';

export interface TestContext {
  readonly context: ExecutorContext;
  readonly events: readonly ExecutorEvent[];
  /** Delivers a message, as a person would. */
  send(text: string): void;
}

export const executorContext = async (given: {
  readonly workspace: string;
  readonly modelAccess: ModelAccess;
  readonly spec?: Partial<AgentSpec>;
  readonly limits?: Partial<AgentSpec['limits']>;
  readonly signal?: AbortSignal;
}): Promise<TestContext> => {
  const workspace = await realpath(given.workspace);
  const env = { PATH: process.env['PATH'] ?? '' };
  const signal = given.signal ?? new AbortController().signal;
  const events: ExecutorEvent[] = [];
  const messages: string[] = [];
  return {
    events,
    send: (text) => void messages.push(text),
    context: {
      spec: { ...specOf(workspace, given.limits), ...given.spec },
      workspace,
      env,
      ownEnv: process.env,
      modelAccess: given.modelAccess,
      emit: (event) => void events.push(event),
      signal,
      inbox: async () => await Promise.resolve(messages.splice(0)),
      runShell: async (command, options) =>
        await runCommand(command, {
          cwd: workspace,
          env,
          timeoutSeconds: options.timeoutSeconds,
          signal,
          graceSeconds: 1,
          keepBytes: options.maxOutput ?? 30_000,
        }),
      runProgram: () => Promise.reject(new Error('This executor starts no program')),
    },
  };
};

const specOf = (workspace: string, limits: Partial<AgentSpec['limits']> | undefined): AgentSpec => ({
  version: 1,
  swarmId: 'test',
  taskId: 'add-greeting',
  agentId: 'agent-0',
  attempt: 1,
  marker: 'test-marker',
  executor: 'api',
  model: 'claude-sonnet-5-5',
  price: { input: 3, output: 15, cacheWrite: 3.75, cacheRead: 0.3 },
  goal: 'A friendlier program',
  title: 'Add a greeting',
  description: 'Greet by name.',
  category: 'default',
  files: ['greet.js'],
  allowEmpty: false,
  previous: [],
  dependencies: [],
  workspace,
  runDirectory: workspace,
  branch: 'agent-0',
  baseCommit: '0'.repeat(40),
  setup: [],
  env: {},
  passEnv: [],
  ports: 0,
  limits: {
    wallSeconds: 60,
    graceSeconds: 1,
    logBytes: 1_000_000,
    outputBytes: 1_000_000,
    turns: 20,
    tokens: 1_000_000,
    ...limits,
  },
});
