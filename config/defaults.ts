/**
 * What holds when nothing is configured. Models change faster than programs: aliases and prices are data here and
 * in `drover.yml`, and nowhere in the code.
 */
import type { SwarmSettings } from '../domain/swarm/settings.ts';

const MINUTE = 60;
const MIB = 1_048_576;

/** Time of a set-up, build or test command that names none. */
export const COMMAND_SECONDS = 30 * MINUTE;

export const DEFAULTS: SwarmSettings &
  Required<
    Pick<
      SwarmSettings,
      'cache' | 'freeDiskBytes' | 'verifyParallel' | 'lessonTokens' | 'context' | 'critic' | 'backlog'
    >
  > = {
  parallelism: 3,
  executor: 'api',
  modelByCategory: {
    testing: 'haiku',
    documentation: 'haiku',
    frontend: 'sonnet',
    backend: 'sonnet',
    database: 'sonnet',
    default: 'sonnet',
  },
  modelAliases: {
    haiku: 'claude-haiku-5-5',
    sonnet: 'claude-sonnet-5-5',
    opus: 'claude-opus-5-5',
  },
  // US dollars per million tokens, of the published price list as of 2026-11-21; cache writes for 5 minutes.
  prices: {
    'claude-haiku-5-5': {
      input: 0.1,
      output: 0.5,
      cacheWrite: 0.125,
      cacheRead: 0.01,
      longPrompt: { above: 100_000, input: 0.5, output: 2.5, cacheWrite: 0.625, cacheRead: 0.05 },
    },
    'claude-sonnet-5-5': { input: 2, output: 10, cacheWrite: 2.5, cacheRead: 0.1 },
    'claude-opus-5-5': { input: 4, output: 20, cacheWrite: 5, cacheRead: 0.2 },
    // Those of OpenAI as of its price list of 2026-06-04 (gpt-5.3-codex: rate card of 2026-05-13); writing to its caches
    // costs no more than input does. A prompt that is longer than 272,000 tokens makes the whole call dearer.
    'gpt-5.5': {
      input: 5,
      output: 30,
      cacheWrite: 5,
      cacheRead: 0.5,
      longPrompt: { above: 272_000, input: 10, output: 45, cacheWrite: 10, cacheRead: 1 },
    },
    'gpt-5.4': {
      input: 2.5,
      output: 15,
      cacheWrite: 2.5,
      cacheRead: 0.25,
      longPrompt: { above: 272_000, input: 5, output: 22.5, cacheWrite: 5, cacheRead: 0.5 },
    },
    'gpt-5.4-mini': { input: 0.75, output: 4.5, cacheWrite: 0.75, cacheRead: 0.075 },
    'gpt-5.4-nano': { input: 0.2, output: 1.25, cacheWrite: 0.2, cacheRead: 0.02 },
    'gpt-5.3-codex': { input: 1.75, output: 14, cacheWrite: 1.75, cacheRead: 0.175 },
    // Those of Google as of its price list of 2026-07.
    'gemini-3.5-flash': { input: 1.5, output: 9, cacheWrite: 1.5, cacheRead: 0.15 },
    'gemini-3.1-pro-preview': {
      input: 2,
      output: 12,
      cacheWrite: 2,
      cacheRead: 0.2,
      longPrompt: { above: 200_000, input: 4, output: 18, cacheWrite: 4, cacheRead: 0.4 },
    },
    'gemini-3.1-flash-lite': { input: 0.25, output: 1.5, cacheWrite: 0.25, cacheRead: 0.025 },
    'gemini-3-flash-preview': { input: 0.5, output: 3, cacheWrite: 0.5, cacheRead: 0.05 },
    'gemini-2.5-pro': {
      input: 1.25,
      output: 10,
      cacheWrite: 1.25,
      cacheRead: 0.125,
      longPrompt: { above: 200_000, input: 2.5, output: 15, cacheWrite: 2.5, cacheRead: 0.25 },
    },
    'gemini-2.5-flash': { input: 0.3, output: 2.5, cacheWrite: 0.3, cacheRead: 0.03 },
    'gemini-2.5-flash-lite': { input: 0.1, output: 0.4, cacheWrite: 0.1, cacheRead: 0.01 },
  },
  retries: 1,
  limits: {
    wallSeconds: { haiku: 10 * MINUTE, sonnet: 30 * MINUTE, opus: 60 * MINUTE, default: 30 * MINUTE },
    graceSeconds: 3,
    logBytes: 20 * MIB,
    outputBytes: 100 * MIB,
    turns: 200,
    tokens: 2_000_000,
  },
  setup: [],
  copyFiles: [],
  sparse: [],
  portsPerAgent: 1,
  cache: 'swarm',
  freeDiskBytes: 1_024 * MIB,
  env: {},
  passEnv: [],
  build: [],
  test: [],
  verifyParallel: 1,
  gates: {
    plan: 'ask',
    task: 'ask',
    conflict: 'ask',
    build: 'ask',
    test: 'ask',
    phase: 'ask',
    budget: 'ask',
    files: 'auto',
    claims: 'ask',
    question: 'ask',
  },
  fixAttempts: 2,
  lessonTokens: 1_500,
  context: { tokens: 12_000, files: [] },
  critic: true,
  backlog: { batch: 100, attempts: 2 },
  approval: { reminderSeconds: 0, timeoutSeconds: 0, onTimeout: 'cancel' },
};
