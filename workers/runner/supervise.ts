/**
 * One agent from its set-up to its result: setup → executor → acceptance → commit → bundle. Every way in which it
 * can end is a value. Owns the order of things; each step has a file of its own.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endMarked } from '../../activities/process/sweep.ts';
import type { AgentResult, AgentSpec, ResumeNote } from '../../domain/agents/agent.ts';
import { cap, DroverFailure } from '../../domain/failures.ts';
import { addUsage, NO_USAGE, type Usage } from '../../domain/models/usage.ts';
import type { ExecutorEvent, ExecutorOutcome, ModelAccess } from '../executors/executor.ts';
import { notHeld } from '../../domain/agents/held-tools.ts';
import { EXECUTORS } from '../../domain/swarm/settings.ts';
import { loadExecutor } from '../executors/load.ts';
import { agentEnvironment } from './agent-environment.ts';
import { keepAnswer, SUMMARY_LIMIT } from './answer.ts';
import { agentBuildDirectory } from './build-directory.ts';
import { BUNDLE_NAME, commitWork, writeBundle } from './commit.ts';
import type { Ending, EndReason } from './ending.ts';
import { EventLog } from './event-log.ts';
import { createInbox } from './inbox.ts';
import { createOutputMeter } from './output-meter.ts';
import { holdMemory } from './memory-limit.ts';
import { reservePorts } from './ports.ts';
import { openSandbox } from '../sandbox/sandbox.ts';
import { createProgramRunner, createShell, type RunProgram, type RunShell } from './shell.ts';
import { watchSilence } from './silence.ts';
import { startWallClock, waitedForMoney } from './wall-clock.ts';
import { restageTracked, stageAll } from './staging.ts';
import {
  createWorkRepository,
  excludeUntracked,
  takeExclusions,
  type WorkRepository,
} from './work-repository.ts';
import { restoreWorkspace } from './workspace-state.ts';

const SILENCE_SECONDS = 600;
/** An executor that does not return after its agent was ended is left behind after the grace period and this. */
const SETTLE_SECONDS = 3;
/** Background processes that an executor left behind may clean up after themselves for this long. */
const LEFTOVER_GRACE_MS = 500;

export interface SuperviseInput {
  readonly spec: AgentSpec;
  readonly own: Readonly<Record<string, string | undefined>>;
  readonly modelAccess: ModelAccess;
  readonly ending: Ending;
  /** The agent has run before and goes on. */
  readonly resume?: ResumeNote;
}

interface Desk extends SuperviseInput {
  readonly log: EventLog;
  readonly emit: (event: ExecutorEvent) => void;
  readonly env: Readonly<Record<string, string>>;
  readonly shell: RunShell;
  readonly program: RunProgram;
  readonly repository: WorkRepository;
  readonly temporaryDirectory: string;
  /** What the model calls used so far. */
  readonly used: () => Usage;
  /** The kernel has killed some of its processes. */
  readonly outOfMemory: () => EndReason | undefined;
  /** Silence, memory, and the ways out of the sandbox. */
  readonly stopWatching: () => void;
}

type Ended = Pick<AgentResult, 'outcome' | 'summary' | 'exitCode' | 'commit' | 'bundle' | 'resumeAt'> & {
  readonly usage?: Usage;
};

/** What cannot be removed here is removed with the swarm. */
const removeTree = (path: string): void => {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // A directory without write permission, or a disk that fails.
  }
};

const tail = (text: string): string => text.trimEnd().slice(-(SUMMARY_LIMIT - 200));

const openDesk = async (
  input: SuperviseInput,
  log: EventLog,
  built: Readonly<Record<string, string>>,
): Promise<Desk> => {
  const { spec, own, ending } = input;
  const temporaryDirectory = join(spec.runDirectory, 'tmp');
  mkdirSync(temporaryDirectory, { recursive: true });
  const repository = createWorkRepository(spec, input.resume !== undefined);
  const ports = spec.ports > 0 ? await reservePorts(spec.ports) : [];
  const plainEnv = agentEnvironment({ spec, own, temporaryDirectory, ports, built });
  const sandbox = await openSandbox({
    spec,
    own,
    env: plainEnv,
    modelAccess: input.modelAccess,
    temporaryDirectory,
    emit: (event) => log.emit(event),
  });
  let used = NO_USAGE;
  const silence = watchSilence(spec.limits.silenceSeconds ?? SILENCE_SECONDS, (event) => log.emit(event));
  const { memoryBytes } = spec.limits;
  const memory = memoryBytes === undefined ? undefined : holdMemory(spec.marker, memoryBytes, ending);
  const stopWatching = (): void => {
    silence.stop();
    memory?.stop();
    sandbox?.close();
  };
  const emit = (event: ExecutorEvent): void => {
    silence.heard();
    if (event.kind === 'usage') used = addUsage(used, event.usage);
    log.emit(event);
  };
  const env = { ...plainEnv, ...sandbox?.variables };
  const meter = createOutputMeter({
    ending,
    maxBytes: spec.limits.outputBytes,
    disks: [spec.workspace, temporaryDirectory, '/tmp'],
  });
  const deps = {
    workspace: spec.workspace,
    env,
    signal: ending.signal,
    enclose: sandbox?.enclose,
    enter: memory?.enter,
    log,
    emit,
    meter,
  };
  const shell = createShell(deps);
  const program = createProgramRunner(deps);
  return {
    ...input,
    log,
    emit,
    env,
    shell,
    program,
    repository,
    temporaryDirectory,
    used: () => used,
    outOfMemory: () => memory?.reason(),
    stopWatching,
  };
};

/** @returns why the agent cannot start, if so */
const setUp = async ({
  spec,
  shell,
  emit,
  ending,
  repository,
  resume,
}: Desk): Promise<EndReason | undefined> => {
  // It was done before the first run.
  if (resume !== undefined) return ending.reason();
  if (spec.setup.length > 0) {
    emit({ kind: 'phase', phase: 'setup' });
    for (const { name, run, timeoutSeconds } of spec.setup) {
      const result = await shell(run, { timeoutSeconds, stream: true });
      if (ending.reason() !== undefined) return ending.reason();
      if (result.exitCode === 0 && !result.timedOut) continue;
      const how = result.timedOut
        ? `took longer than ${timeoutSeconds} s`
        : `ended with code ${result.exitCode}`;
      return {
        outcome: 'setup_failed',
        summary: `The set-up command "${cap(name, 100)}" ${how}.\n${tail(result.output)}`,
      };
    }
    await excludeUntracked(repository, spec);
  }
  takeExclusions(repository, spec);
  return ending.reason();
};

const execute = async (desk: Desk): Promise<ExecutorOutcome> => {
  const { spec, ending, emit, env, shell, program, modelAccess } = desk;
  emit({ kind: 'phase', phase: 'working' });
  const kind = spec.executorKind ?? EXECUTORS.find((name) => name === spec.executor) ?? 'cli';
  const unheld = notHeld(spec.role?.tools, { kind, settings: spec.executorSettings });
  if (unheld !== undefined)
    emit({ kind: 'notice', text: `It is not held to the tools of its role: ${unheld}` });
  const markers = new Set([spec.marker]);
  const graceMs = spec.limits.graceSeconds * 1_000;
  const failed = (error: unknown): ExecutorOutcome => ({
    outcome: 'failed',
    summary: error instanceof Error ? error.message : String(error),
    usage: desk.used(),
  });
  let settled = false;
  const run = (async () => {
    const executor = await loadExecutor(spec.executorKind ?? spec.executor, spec.executorSettings);
    return executor.run({
      spec,
      workspace: spec.workspace,
      env,
      ownEnv: desk.own,
      modelAccess,
      ...(desk.resume === undefined ? {} : { resume: desk.resume }),
      emit,
      signal: ending.signal,
      inbox: createInbox(join(spec.runDirectory, 'inbox')),
      runShell: shell,
      runProgram: program,
    });
  })()
    .catch(failed)
    .finally(() => {
      settled = true;
    });
  const forced = new Promise<ExecutorOutcome>((resolve) => {
    const onEnd = (): void => {
      // Also what the executor started by itself gets the polite signal first.
      endMarked(markers, { graceMs, mayKill: () => settled })
        .then(() => sleep(SETTLE_SECONDS * 1_000))
        .then(
          () => resolve(failed('The executor did not stop')),
          () => resolve(failed('The sweep failed')),
        );
    };
    if (ending.signal.aborted) onEnd();
    else ending.signal.addEventListener('abort', onEnd, { once: true });
  });
  const outcome = await Promise.race([run, forced]);
  const left = await endMarked(markers, {
    signal: 'SIGTERM',
    graceMs: ending.signal.aborted ? 0 : LEFTOVER_GRACE_MS,
  });
  if (left.length > 0)
    emit({
      kind: 'error',
      text: `${left.length} processes could not be ended: ${left.map(({ pid }) => pid).join(' ')}`,
    });
  return outcome;
};

/** @returns why the work is not accepted, if so */
const accept = async ({ spec, shell, emit, ending, repository }: Desk): Promise<EndReason | undefined> => {
  if (spec.acceptance === undefined || spec.acceptance.trim() === '') return undefined;
  emit({ kind: 'phase', phase: 'acceptance' });
  const result = await shell(spec.acceptance, { timeoutSeconds: 0, stream: true });
  if (ending.reason() !== undefined) return ending.reason();
  await restageTracked(repository);
  return result.exitCode === 0
    ? undefined
    : {
        outcome: 'rejected_by_acceptance',
        summary: `The acceptance command ended with code ${result.exitCode}.\n${tail(result.output)}`,
      };
};

/** Keeps what there is of an agent that failed, for people; it is never handed over. */
const salvage = async ({ repository, spec }: Desk): Promise<string | undefined> => {
  try {
    if (!restoreWorkspace(spec)) return undefined;
    await stageAll(repository, spec);
    const work = await commitWork(repository, spec);
    if (work.kind !== 'committed') return undefined;
    await writeBundle(repository, spec, work.commit);
    return BUNDLE_NAME;
  } catch {
    return undefined;
  }
};

/** An agent that only reads has its words as its result; what it changed all the same goes with its workspace. */
const dropped = async ({ spec, emit, repository }: Desk, done: ExecutorOutcome): Promise<Ended> => {
  const { summary, exitCode, usage } = done;
  const left = await commitWork(repository, spec);
  if (left.kind === 'committed')
    emit({ kind: 'notice', text: 'It changed files, which it may not; the changes were dropped' });
  return { outcome: 'completed', summary, exitCode, usage };
};

const commit = async (desk: Desk, done: ExecutorOutcome): Promise<Ended> => {
  const { spec, emit, repository } = desk;
  emit({ kind: 'phase', phase: 'committing' });
  const work = await commitWork(repository, spec);
  const { summary, exitCode, usage } = done;
  if (work.kind === 'unusable') return { outcome: 'failed', summary: work.reason, exitCode, usage };
  if (work.kind === 'unchanged')
    return spec.allowEmpty
      ? { outcome: 'completed', summary, exitCode, usage }
      : {
          outcome: 'no_changes',
          summary: `The agent ended without changing a file.\n${tail(summary)}`.trimEnd(),
          exitCode,
          usage,
        };
  await writeBundle(repository, spec, work.commit);
  return { outcome: 'completed', summary, exitCode, usage, commit: work.commit, bundle: BUNDLE_NAME };
};

const interrupted = (
  { summary, exitCode, usage, retryAfterSeconds }: ExecutorOutcome,
  outcome: 'model_unavailable' | 'lost',
): Ended => ({
  outcome,
  summary,
  exitCode,
  usage,
  ...(retryAfterSeconds === undefined
    ? {}
    : { resumeAt: new Date(Date.now() + retryAfterSeconds * 1_000).toISOString() }),
});

const work = async (desk: Desk): Promise<Ended> => {
  const { spec, ending, emit, repository } = desk;
  const obstacle = await setUp(desk);
  if (obstacle !== undefined) return desk.outOfMemory() ?? obstacle;
  const done = await execute(desk);
  const { exitCode, usage } = done;
  const end = ending.reason() ?? (done.outcome === 'completed' ? undefined : (desk.outOfMemory() ?? done));
  // It goes on in its workspace later.
  if (end === done && (done.outcome === 'model_unavailable' || done.outcome === 'lost'))
    return interrupted(done, done.outcome);
  if (end !== undefined)
    return { outcome: end.outcome, summary: end.summary, exitCode, usage, bundle: await salvage(desk) };
  if (!restoreWorkspace(spec))
    return {
      outcome: 'failed',
      summary: 'The agent replaced its workspace by something else',
      exitCode,
      usage,
    };
  for (const path of await stageAll(repository, spec))
    emit({
      kind: 'notice',
      text: `${path} was a repository of its own; its files were taken as ordinary files`,
    });
  const refusal = await accept(desk);
  if (refusal !== undefined)
    return { ...(desk.outOfMemory() ?? refusal), exitCode, usage, bundle: await salvage(desk) };
  if (spec.readOnly === true) return dropped(desk, done);
  // Nothing of the agent runs any more; what it kept in its temporary directory may be what fills the disk.
  removeTree(desk.temporaryDirectory);
  return commit(desk, done);
};

const broken = (error: unknown): Ended => ({
  outcome:
    error instanceof DroverFailure && error.type === 'resourcesExhausted' ? 'resources_exhausted' : 'failed',
  summary:
    error instanceof DroverFailure && error.hint !== ''
      ? `${error.message} (${error.hint})`
      : error instanceof Error
        ? error.message
        : String(error),
});

export const supervise = async (input: SuperviseInput): Promise<AgentResult> => {
  const { spec, ending } = input;
  const startedAt = new Date().toISOString();
  const log = new EventLog(join(spec.runDirectory, 'events.jsonl'), spec.limits.logBytes);
  const { wallSeconds } = spec.limits;
  const { gateway } = input.modelAccess;
  const asksModels = gateway !== undefined && (spec.executorKind ?? spec.executor) !== 'command';
  const stopWallClock = startWallClock({
    ms: Math.max(1, wallSeconds - (input.resume?.seconds ?? 0)) * 1_000,
    waitedMs: async () => (asksModels ? waitedForMoney(gateway) : 0),
    onOver: () =>
      ending.end('timeout', `The agent took longer than its limit of ${wallSeconds} s and was ended`),
  });
  const built = agentBuildDirectory(spec, input.resume !== undefined);
  let desk: Desk | undefined;
  let ended: Ended;
  try {
    desk = await openDesk(input, log, built.variables);
    ended = await work(desk);
  } catch (error) {
    ended = broken(error);
  }
  stopWallClock();
  desk?.stopWatching();
  built.release();
  if (desk !== undefined) {
    removeTree(desk.temporaryDirectory);
    if (ended.outcome === 'completed') removeTree(desk.repository.directory);
  }
  if (ended.outcome !== 'completed') log.emit({ kind: 'error', text: `${ended.outcome}: ${ended.summary}` });
  log.emit({ kind: 'phase', phase: 'ended' });
  log.close();
  return {
    version: 1,
    agentId: spec.agentId,
    ...ended,
    summary: keepAnswer(spec.runDirectory, ended.summary),
    usage: ended.usage ?? desk?.used() ?? NO_USAGE,
    startedAt,
    endedAt: new Date().toISOString(),
    logTruncated: log.truncated,
  };
};
