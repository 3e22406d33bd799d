/**
 * Makes an agent ready for another run after an interruption: its claim and result are put aside, a note says where
 * to go on. What `runAgent` finds then is an agent that nobody has started, with a history.
 */
import { existsSync } from 'node:fs';
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentSpec, ResumeNote } from '../../domain/agents/agent.ts';
import { addUsage, NO_USAGE } from '../../domain/models/usage.ts';
import { crashPoint } from '../../store/crash-point.ts';
import { errorCode, readIfThere, replaceFile } from '../../store/files.ts';
import type { AgentDirectory } from '../../store/home.ts';
import { destroyAgent } from './end-agent.ts';
import { readClaim, readResult, sessionOf } from './run-files.ts';

/** Executors whose conversations outlive their process. */
const WITH_SESSIONS: ReadonlySet<string> = new Set([
  'claude',
  'codex',
  'gemini',
  'hybrid',
  'agent-teams',
  'acp',
]);

const putAside = async (path: string, to: string): Promise<void> => {
  try {
    await rename(path, to);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
};

/** Results of earlier runs, oldest first. */
const asideResults = async (directory: AgentDirectory): Promise<readonly string[]> => {
  const names = (await readdir(directory.root)).filter((name) => /^result-\d{1,4}\.json$/.test(name));
  return names
    .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((name) => join(directory.root, name));
};

const secondsOf = async (path: string): Promise<number> => {
  try {
    const { startedAt, endedAt } = JSON.parse((await readIfThere(path)) ?? '{}') as Record<string, string>;
    const seconds = (Date.parse(endedAt ?? '') - Date.parse(startedAt ?? '')) / 1_000;
    return Number.isFinite(seconds) && seconds > 0 ? seconds : 0;
  } catch {
    return 0;
  }
};

/** Could it go on, if it were interrupted now? */
export const canResume = async (directory: AgentDirectory, spec: AgentSpec): Promise<boolean> =>
  WITH_SESSIONS.has(spec.executorKind ?? spec.executor) &&
  existsSync(spec.workspace) &&
  (await sessionOf(directory)) !== undefined;

export const resumeAgent = async (
  directory: AgentDirectory,
  spec: AgentSpec,
  { leg, reason }: { readonly leg: number; readonly reason: string },
): Promise<boolean> => {
  const earlier = await asideResults(directory);
  // An earlier try of this very activity got this far.
  if (earlier.length === leg - 1) return true;
  const result = await readResult(directory);
  if (earlier.length !== leg - 2 || result === undefined) return false;
  const interrupted = result.outcome === 'model_unavailable' || result.outcome === 'lost';
  if (!interrupted || !existsSync(spec.workspace)) return false;
  const session = await sessionOf(directory);
  if (!WITH_SESSIONS.has(spec.executorKind ?? spec.executor)) return false;
  if (session === undefined && result.outcome === 'lost') return false;
  await destroyAgent(spec, await readClaim(directory));
  const results = [...earlier, directory.result];
  let used = NO_USAGE;
  let seconds = 0;
  for (const path of results) {
    used = addUsage(used, (await readResult({ result: path }))?.usage ?? NO_USAGE);
    seconds += await secondsOf(path);
  }
  const note: ResumeNote = { session: session ?? '', reason, used, seconds };
  await replaceFile(directory.resume, `${JSON.stringify(note)}\n`);
  await putAside(directory.claim, join(directory.root, `runner-${leg - 1}.json`));
  crashPoint('resume.before');
  // Last: from now on the agent may be started again.
  await putAside(directory.result, join(directory.root, `result-${leg - 1}.json`));
  return true;
};
