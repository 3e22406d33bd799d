/**
 * The runner: supervises exactly one agent, from `spec.json` to `result.json`, and outlives whoever started it.
 *
 *   node runner/main.js <run directory>/spec.json < secrets.json
 *
 * Standard input is a JSON object with the access to the model; without it the starter died half-way and nothing
 * is claimed. SIGTERM ends the agent. Exit codes: 0 with a result, 75 when somebody else runs this agent, 76
 * without a handover, 64 for wrong use, 70 when not even a result could be written.
 */
import { readFileSync } from 'node:fs';
import type { AgentAccess } from '../../domain/agents/access.ts';
import type { AgentSpec } from '../../domain/agents/agent.ts';
import { armCrashPoint, CRASH_POINTS } from '../../store/crash-point.ts';
import type { ModelAccess } from '../executors/executor.ts';
import { runSpec } from './run-spec.ts';

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
  armForTests(process.env);
  return (await runSpec(spec, { modelAccess, own: process.env })) ? EXIT.done : EXIT.taken;
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
