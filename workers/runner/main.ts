/**
 * The runner: supervises exactly one agent, from `spec.json` to `result.json`, and outlives whoever started it.
 *
 *   node runner/main.js <run directory>/spec.json < secrets.json
 *
 * Standard input is a JSON object with the access to the model; without it the starter died half-way and nothing
 * is claimed. SIGTERM ends the agent. Exit codes: 0 with a result, 75 when somebody else runs this agent, 76
 * without a handover, 64 for wrong use, 70 when not even a result could be written.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identityOf } from '../../activities/process/identity.ts';
import type { AgentAccess } from '../../domain/agent-access.ts';
import type { AgentResult, AgentSpec, ResumeNote } from '../../domain/agent.ts';
import { armCrashPoint, crashPoint, CRASH_POINTS } from '../../store/crash-point.ts';
import { createFileSync, readIfThere } from '../../store/files.ts';
import type { ModelAccess } from '../executors/executor.ts';
import { createEnding } from './ending.ts';
import { supervise } from './supervise.ts';

const EXIT = { done: 0, usage: 64, broken: 70, taken: 75, noHandover: 76 } as const;

interface Handover {
  readonly gateway: AgentAccess;
}

const readHandover = (): ModelAccess | undefined => {
  try {
    return JSON.parse(readFileSync(0, 'utf8')) as Handover;
  } catch {
    return undefined;
  }
};

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

/** Only with the test switch, which the launcher passes on. */
const armForTests = (env: NodeJS.ProcessEnv): void => {
  const at = CRASH_POINTS.find((point) => point === env['DROVER_CRASH_AT']);
  const onceFile = env['DROVER_CRASH_ONCE_FILE'];
  if (env['DROVER_TEST'] === '1' && at !== undefined && onceFile !== undefined) armCrashPoint(at, onceFile);
};

const main = async (specPath: string): Promise<number> => {
  const modelAccess = readHandover();
  if (modelAccess === undefined) return EXIT.noHandover;
  const spec = JSON.parse(readFileSync(specPath, 'utf8')) as AgentSpec;
  const directory = spec.runDirectory;

  armForTests(process.env);
  const ending = createEnding();
  // A terminal that closes is nobody's decision to end an agent.
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

  const claim = `${JSON.stringify(identityOf(process.pid))}\n`;
  if (!createFileSync(join(directory, 'runner.json'), claim)) return EXIT.taken;
  // Ended before it began.
  if (existsSync(join(directory, 'result.json'))) return EXIT.done;
  reserveSpace(directory);

  const resume = readResume(directory);
  const result = await supervise({
    spec,
    own: process.env,
    modelAccess,
    ending,
    ...(resume === undefined ? {} : { resume }),
  });
  crashPoint('result.before');
  await writeResult(directory, result);
  return EXIT.done;
};

const start = async (): Promise<void> => {
  const [specPath] = process.argv.slice(2);
  try {
    if (specPath === undefined) console.error('Usage: runner <spec.json>');
    process.exitCode = specPath === undefined ? EXIT.usage : await main(specPath);
  } catch (error) {
    console.error(error);
    process.exitCode = EXIT.broken;
  }
  // Sockets of an executor that was left behind must not keep the runner alive.
  process.exit();
};
void start();
