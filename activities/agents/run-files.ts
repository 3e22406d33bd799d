/**
 * The files of a run directory as their readers see them. They lie where agents can write, so nothing in them is
 * taken for granted.
 */
import { readFile, stat } from 'node:fs/promises';
import {
  AGENT_OUTCOMES,
  type AgentOutcome,
  type AgentResult,
  type AgentSpec,
  type RunnerClaim,
} from '../../domain/agents/agent.ts';
import { cap, DroverFailure } from '../../domain/failures.ts';
import { isSha } from '../../domain/names.ts';
import { addUsage, NO_USAGE, usageBeyond, type Usage } from '../../domain/models/usage.ts';
import { createFile, replaceFile, readIfThere } from '../../store/files.ts';
import type { AgentDirectory } from '../../store/home.ts';

const SUMMARY_LIMIT = 2_000;

type Fields = Readonly<Record<string, unknown>>;

const fieldsIn = (text: string | undefined): Fields | undefined => {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
};

export const readSpec = async (directory: AgentDirectory): Promise<AgentSpec> => {
  const text = await readIfThere(directory.spec);
  if (text === undefined)
    throw new DroverFailure('notFound', `${directory.spec} is not there`, {
      hint: 'the run directory was removed or belongs to another host; retry the task',
    });
  return JSON.parse(text) as AgentSpec;
};

/** Who supervises the agent. A claim that cannot be read names nobody, and nobody is signalled for it. */
export const readClaim = async (directory: AgentDirectory): Promise<RunnerClaim | undefined> => {
  const text = await readIfThere(directory.claim);
  if (text === undefined) return undefined;
  const { pid, startTime, bootId } = fieldsIn(text) ?? {};
  return typeof pid === 'number' && Number.isInteger(pid) && pid > 1
    ? { pid, startTime: String(startTime), bootId: String(bootId) }
    : { pid: 0, startTime: '', bootId: '' };
};

/** When the runner claimed the agent, in milliseconds since 1970. */
export const claimedAt = async (directory: AgentDirectory): Promise<number> =>
  (await stat(directory.claim)).mtimeMs;

const amount = (value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;

const usageOf = (value: unknown): Usage => {
  const found = (typeof value === 'object' && value !== null ? value : {}) as Fields;
  return {
    inputTokens: amount(found['inputTokens']),
    outputTokens: amount(found['outputTokens']),
    cacheReadTokens: amount(found['cacheReadTokens']),
    cacheWriteTokens: amount(found['cacheWriteTokens']),
    calls: amount(found['calls']),
    costUsd: amount(found['costUsd']),
    costIncomplete: found['costIncomplete'] === true,
  };
};

const isOutcome = (value: unknown): value is AgentOutcome => AGENT_OUTCOMES.some((name) => name === value);

/** What of a result the orchestrator needs. */
export type KnownResult = Pick<AgentResult, 'outcome' | 'summary' | 'usage' | 'commit' | 'resumeAt'>;

/** The result, or undefined while there is none. One that makes no sense counts as a failure of the agent. */
export const readResult = async (
  directory: Pick<AgentDirectory, 'result'>,
): Promise<KnownResult | undefined> => {
  const text = await readIfThere(directory.result);
  if (text === undefined) return undefined;
  const found = fieldsIn(text);
  if (found === undefined || !isOutcome(found['outcome']))
    return { outcome: 'failed', summary: 'result.json of the agent cannot be read', usage: NO_USAGE };
  const { commit, resumeAt } = found;
  return {
    outcome: found['outcome'],
    summary: typeof found['summary'] === 'string' ? cap(found['summary'], SUMMARY_LIMIT) : '',
    usage: usageOf(found['usage']),
    ...(typeof commit === 'string' && isSha(commit) ? { commit } : {}),
    ...(typeof resumeAt === 'string' && Number.isFinite(Date.parse(resumeAt)) ? { resumeAt } : {}),
  };
};

const linesOfKind = async (directory: AgentDirectory, kind: string): Promise<readonly Fields[]> => {
  const text = await readFile(directory.events, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line.includes(`"kind":"${kind}"`))
    .map(fieldsIn)
    .filter((event) => event !== undefined)
    .filter((event) => event['kind'] === kind);
};

/** By which name the agent's conversation can be taken up again. */
export const sessionOf = async (directory: AgentDirectory): Promise<string | undefined> => {
  const id = (await linesOfKind(directory, 'session')).at(-1)?.['id'];
  return typeof id === 'string' && id !== '' ? id.slice(0, 200) : undefined;
};

/** What an agent used until now, in all its runs: the calls in its log. */
export const usageOfAllRuns = async (directory: AgentDirectory): Promise<Usage> =>
  (await linesOfKind(directory, 'usage')).map((event) => usageOf(event['usage'])).reduce(addUsage, NO_USAGE);

/** What an agent used whose runner cannot say it any more: the calls in its log, without those of earlier runs. */
const usageInLog = async (directory: AgentDirectory): Promise<Usage> => {
  const known = usageOf(fieldsIn(await readIfThere(directory.resume))?.['used']);
  return usageBeyond(await usageOfAllRuns(directory), known);
};

/** Ends the story of an agent whose runner cannot, unless there is a result: whoever is first decides. */
export const settle = async (
  directory: AgentDirectory,
  spec: Pick<AgentSpec, 'agentId'>,
  outcome: AgentOutcome,
  summary: string,
): Promise<void> => {
  const endedAt = new Date().toISOString();
  const started = await claimedAt(directory).catch(() => undefined);
  const result: AgentResult = {
    version: 1,
    agentId: spec.agentId,
    outcome,
    summary: cap(summary, SUMMARY_LIMIT),
    usage: await usageInLog(directory),
    startedAt: started === undefined ? endedAt : new Date(started).toISOString(),
    endedAt,
    logTruncated: false,
  };
  await createFile(directory.result, `${JSON.stringify(result)}\n`);
};

/** Takes the place of an end that its teller did not understand; what it used stays. */
export const recordEnd = async (
  directory: AgentDirectory,
  outcome: AgentOutcome,
  summary: string,
): Promise<void> => {
  const found = fieldsIn(await readIfThere(directory.result)) ?? {};
  const result = { ...found, outcome, summary: cap(summary, SUMMARY_LIMIT) };
  await replaceFile(directory.result, `${JSON.stringify(result)}\n`);
};

/** Says who ended an agent that was told to end: a person. */
export const recordKill = async (directory: AgentDirectory, reason: string): Promise<void> => {
  const found = fieldsIn(await readIfThere(directory.result));
  if (found?.['outcome'] === 'cancelled') await recordEnd(directory, 'killed', reason);
};
