/**
 * One agent of which spec and access are known, to `result.json` in its run directory: the claim that nobody else may
 * have, signals as the wish to end it, and room on the disk for the result. The same wherever the runner runs.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identityOf } from '../../activities/process/identity.ts';
import type { AgentResult, AgentSpec, ResumeNote } from '../../domain/agents/agent.ts';
import { crashPoint } from '../../store/crash-point.ts';
import { createFileSync, readIfThere } from '../../store/files.ts';
import type { ModelAccess } from '../executors/executor.ts';
import { createEnding, type Ending } from './ending.ts';
import { supervise } from './supervise.ts';

const readResume = (directory: string): ResumeNote | undefined => {
  const path = join(directory, 'resume.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as ResumeNote) : undefined;
};

/** Kept free for the result, should the agent fill the disk. */
const RESERVE_BYTES = 32 * 1024;
const RESERVE = 'reserve';

const reserveSpace = (directory: string): void => {
  try {
    writeFileSync(join(directory, RESERVE), Buffer.alloc(RESERVE_BYTES));
  } catch {
    // The disk is full already; whether there is a result depends on what the agent leaves.
  }
};

const RESULT_TRIES = 30;

const writeResult = async (directory: string, result: AgentResult): Promise<void> => {
  rmSync(join(directory, RESERVE), { force: true });
  for (let attempt = 1; ; attempt++) {
    try {
      createFileSync(join(directory, 'result.json'), `${JSON.stringify(result)}\n`);
      return;
    } catch (error) {
      if (attempt === RESULT_TRIES) throw error;
      await sleep(1_000);
    }
  }
};

/** Signals end the agent; a terminal that closes is nobody's decision to do so. */
const endBySignal = (directory: string, ending: Ending): void => {
  process.on('SIGHUP', () => undefined);
  const onTerm = (): void => {
    readIfThere(join(directory, 'kill')).then(
      (reason) =>
        reason === undefined
          ? ending.end('cancelled', 'The agent was cancelled')
          : ending.end('killed', reason.trim() === '' ? 'The agent was killed' : reason.trim()),
      () => ending.end('cancelled', 'The agent was cancelled'),
    );
  };
  process.on('SIGTERM', onTerm);
  process.on('SIGINT', onTerm);
};

interface Run {
  readonly modelAccess: ModelAccess;
  /** The runner's environment. */
  readonly own: Readonly<Record<string, string | undefined>>;
  readonly ending?: Ending;
}

/** @returns false when somebody else runs this agent */
export const runSpec = async (
  spec: AgentSpec,
  { modelAccess, own, ending = createEnding() }: Run,
): Promise<boolean> => {
  const directory = spec.runDirectory;
  endBySignal(directory, ending);
  const claim = `${JSON.stringify(identityOf(process.pid))}\n`;
  if (!createFileSync(join(directory, 'runner.json'), claim)) return false;
  // Ended before it began.
  if (existsSync(join(directory, 'result.json'))) return true;
  reserveSpace(directory);

  const resume = readResume(directory);
  const result = await supervise({
    spec,
    own,
    modelAccess,
    ending,
    ...(resume === undefined ? {} : { resume }),
  });
  crashPoint('result.before');
  await writeResult(directory, result);
  return true;
};
