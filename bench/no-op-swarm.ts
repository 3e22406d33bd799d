/**
 * Runs one swarm of tasks that do nothing, with a Temporal server and a worker of its own, and says what it cost:
 * time, history, the worker's memory, and what the server had to say about sizes.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { WORKFLOW_TASK_QUEUE } from '../domain/names.ts';
import { WORKFLOWS, type SwarmInput } from '../domain/protocol.ts';
import type { SwarmOutcome } from '../domain/swarm/swarm.ts';
import { NODE_SERVICES } from '../workers/supervisor/service-table.ts';
import { embeddedTarget, lazyConnection } from '../workers/temporal/connect.ts';
import { waitUntilHealthy } from '../workers/temporal/namespace.ts';
import { resolveTemporal } from '../workers/temporal/resolve.ts';
import { freePort, LOOPBACK, serverEnvironment, startServer } from '../workers/temporal/server.ts';
import { temporaryDirectory } from '../test/support/repository.ts';
import { timed } from './figure.ts';

export interface NoOpRun {
  readonly outcome: SwarmOutcome;
  readonly seconds: number;
  /** Of the swarm's own workflow, one entry per run since it continues as new. */
  readonly runs: readonly { readonly events: number; readonly bytes: number }[];
  /** Peak resident memory of the worker. */
  readonly workerBytes: number;
  /** Seconds of processor time, user and system, that the run took of the worker and of the Temporal server. */
  readonly cpu: { readonly worker: number; readonly temporal: number };
  /** Lines of the server's log that speak of limits. */
  readonly sizeWarnings: readonly string[];
}

const WORKER = fileURLToPath(new URL('no-op-worker.ts', import.meta.url));
const START_MS = 60_000;
/** Of Linux, a second. */
const CLOCK_TICKS = 100;

const peakBytes = async (pid: number): Promise<number> => {
  const [, kib = '0'] = /^VmHWM:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1_024;
};

/** Seconds of processor time that the process has used. */
const cpuSeconds = async (pid: number): Promise<number> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
};

const startTemporal = async (
  root: string,
): Promise<{ process: ChildProcess; address: string; log: string }> => {
  const { TEMPORAL_ADDRESS: _, TEMPORAL_PROFILE: __, ...env } = process.env;
  const server = await resolveTemporal({ env, onProgress: (line) => console.error(`  ${line}`) });
  if (server.kind === 'external') throw new Error('a bench needs a server of its own');
  const log = join(root, 'temporal.log');
  const handle = openSync(log, 'a');
  const port = await freePort();
  const child = startServer(
    server.binary.path,
    { port, databaseFile: join(root, 'temporal.db') },
    serverEnvironment(env),
    handle,
  );
  closeSync(handle);
  return { process: child, address: `${LOOPBACK}:${port}`, log };
};

const historyOf = async (client: Client, workflowId: string, firstRun: string): Promise<NoOpRun['runs']> => {
  const runs: { events: number; bytes: number }[] = [];
  let runId = firstRun;
  while (runId !== '') {
    const handle = client.workflow.getHandle(workflowId, runId);
    const { raw } = await handle.describe();
    const info = raw.workflowExecutionInfo;
    runs.push({ events: Number(info?.historyLength ?? 0), bytes: Number(info?.historySizeBytes ?? 0) });
    const { events } = await handle.fetchHistory();
    runId = events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? '';
  }
  return runs;
};

export const noOpSwarm = async (count: number, parallelism: number): Promise<NoOpRun> => {
  const root = await temporaryDirectory('bench');
  const temporal = await startTemporal(root);
  const connection = lazyConnection(embeddedTarget(temporal.address));
  let worker: ChildProcess | undefined;
  try {
    if (!(await waitUntilHealthy(connection, 'default', START_MS)))
      throw new Error(`Temporal did not start: ${await readFile(temporal.log, 'utf8')}`);
    const { nodeArguments, variables } = NODE_SERVICES.worker;
    worker = fork(WORKER, [temporal.address, 'bench-host', String(count), String(parallelism)], {
      execArgv: [...nodeArguments],
      env: { ...process.env, ...variables },
    });
    await once(worker, 'message');
    const client = new Client({ connection });
    const input: SwarmInput = {
      swarmId: `no-op-${count}`,
      goal: 'do nothing, many times',
      repository: '/nowhere',
      planSource: { kind: 'model' },
      settingsKey: 'settings',
      approve: true,
    };
    const handle = await client.workflow.start(WORKFLOWS.swarm, {
      workflowId: input.swarmId,
      taskQueue: WORKFLOW_TASK_QUEUE,
      args: [input],
    });
    const pids = { worker: worker.pid!, temporal: temporal.process.pid! };
    const cpu = async () => ({
      worker: await cpuSeconds(pids.worker),
      temporal: await cpuSeconds(pids.temporal),
    });
    const before = await cpu();
    const { ms, value } = await timed(() => handle.result() as Promise<SwarmOutcome>);
    const after = await cpu();
    const used = { worker: after.worker - before.worker, temporal: after.temporal - before.temporal };
    const workerBytes = await peakBytes(pids.worker);
    const runs = await historyOf(client, input.swarmId, handle.firstExecutionRunId);
    const log = await readFile(temporal.log, 'utf8');
    const sizeWarnings = log
      .split('\n')
      .filter((line) => /size|exceed|limit/i.test(line) && /warn|error/i.test(line));
    return { outcome: value, seconds: ms / 1_000, runs, workerBytes, cpu: used, sizeWarnings };
  } finally {
    worker?.kill('SIGKILL');
    await connection.close();
    temporal.process.kill('SIGKILL');
    await rm(root, { recursive: true, force: true });
  }
};
