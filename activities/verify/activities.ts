/**
 * Does a commit build and pass its tests, and those of its tasks? Answered on a fresh checkout that no agent could touch, by the tree, so
 * that the same content is never verified twice. Red is a value.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Context } from '@temporalio/activity';
import { cacheVariables } from '../../domain/agents/build-caches.ts';
import { cap, DroverFailure } from '../../domain/failures.ts';
import type { VerifyResult } from '../../domain/train/integration.ts';
import { isSha } from '../../domain/names.ts';
import type { SwarmSettings } from '../../domain/swarm/settings.ts';
import { getArtifact } from '../../store/artifacts.ts';
import { crashPoint } from '../../store/crash-point.ts';
import { replaceFile } from '../../store/files.ts';
import { cacheDirectory, swarmDirectory, type Home, type SwarmDirectory } from '../../store/home.ts';
import type { VerifyActivities } from '../contract/train.ts';
import { withFailures } from '../failures.ts';
import { gitText } from '../git/git.ts';
import { readHubRecord } from '../git/hub.ts';
import { createWorkspace, removeWorkspace } from '../git/workspace.ts';
import { planReader } from '../git/stored.ts';
import { startHeartbeat } from '../heartbeat.ts';
import { interruption } from '../interruption.ts';
import { FULL_DISK_WORDS, isDiskLow } from '../process/disk.ts';
import { takeBuildDirectory } from '../process/build-directory.ts';
import { passableEnvironment } from '../process/environment.ts';
import { AGENT_MARKER, endMarked } from '../process/sweep.ts';
import { acceptanceCommands, type AcceptanceCommand } from './acceptance.ts';
import {
  commandsHash,
  readRecord,
  readVerifyClaim,
  verifyFiles,
  writeRecord,
  type VerifyFiles,
} from './record.ts';
import { runSteps, type StepFailure } from './run-steps.ts';

const OUTPUT_LIMIT = 8_000;

export interface VerifyDeps {
  readonly home: Home;
  /** Drover's own environment without keys; commands get PATH, HOME, locale and what `passEnv` names of it. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What a run that was killed, or that lost its worker, left behind. */
const clearAway = async (files: VerifyFiles, marker: string): Promise<void> => {
  await endMarked(new Set([marker]), { graceMs: 0 });
  await removeWorkspace(files.workspace(marker));
};

const red = (
  tree: string,
  seconds: number,
  { step, command, taskId, result, logPath }: StepFailure,
): VerifyResult => ({
  ok: false,
  tree,
  seconds,
  cached: false,
  step,
  ...(taskId === undefined ? {} : { taskId }),
  command,
  exitCode: result.exitCode,
  timedOut: result.timedOut,
  output: cap(result.output.replaceAll('\0', ''), OUTPUT_LIMIT),
  logPath,
});

const ranOutOfDisk = ({ result }: StepFailure, disks: readonly string[]): boolean =>
  FULL_DISK_WORDS.some((words) => result.output.includes(words)) && disks.some(isDiskLow);

interface Verification {
  readonly swarm: SwarmDirectory;
  readonly settings: SwarmSettings;
  readonly accept: readonly AcceptanceCommand[];
  readonly commit: string;
  readonly tree: string;
  readonly files: VerifyFiles;
}

const runIn = async (
  deps: VerifyDeps,
  { swarm, settings, accept, commit, tree, files }: Verification,
  marker: string,
): Promise<VerifyResult> => {
  const context = Context.current();
  const signal = context.cancellationSignal;
  const started = performance.now();
  const workspace = files.workspace(marker);
  const cache = cacheDirectory(deps.home, swarm, settings.cache ?? 'off', 'verify');
  const built = takeBuildDirectory(cache, { path: workspace, madeAt: Date.now() });
  const temporaryDirectory = join(swarm.verifyDirectory, `tmp-${marker}`);
  let now = 'checkout';
  const stopHeartbeat = startHeartbeat(context, () => ({ step: now }));
  try {
    await mkdir(temporaryDirectory, { recursive: true });
    const record = await readHubRecord(swarm.hub);
    await createWorkspace({
      hub: swarm.hub,
      path: workspace,
      branch: 'verify',
      commit,
      sparse: settings.sparse,
      ...(record === undefined ? {} : { copy: { from: record.repository, paths: settings.copyFiles } }),
      signal,
    });
    const failure = await runSteps({
      settings,
      accept,
      files,
      workspace,
      env: {
        ...passableEnvironment(deps.env, settings.passEnv),
        ...(cache === undefined ? {} : cacheVariables(cache)),
        ...built.variables,
        ...settings.env,
        GIT_TERMINAL_PROMPT: '0',
        TMPDIR: temporaryDirectory,
        [AGENT_MARKER]: marker,
      },
      signal,
      onStep: (step, command) => {
        now = `${step}: ${command.name}`.slice(0, 200);
      },
    });
    if (signal.aborted) throw interruption(context);
    if (failure !== undefined && ranOutOfDisk(failure, [workspace, temporaryDirectory]))
      throw new DroverFailure(
        'resourcesExhausted',
        `The disk is full: "${failure.command}" could not write`,
        {
          hint: 'free disk space, then retry',
        },
      );
    const seconds = (performance.now() - started) / 1_000;
    return failure === undefined ? { ok: true, tree, seconds, cached: false } : red(tree, seconds, failure);
  } finally {
    await clearAway(files, marker);
    built.release();
    await rm(temporaryDirectory, { recursive: true, force: true });
    stopHeartbeat();
  }
};

export const createVerifyActivities = (deps: VerifyDeps): VerifyActivities => {
  const readPlan = planReader();
  return withFailures({
    async verify({ swarmId, commit, settingsKey, accept: asked }): Promise<VerifyResult> {
      if (!isSha(commit))
        throw new DroverFailure('invalidInput', `"${commit.slice(0, 70)}" is not the name of a commit`, {
          hint: 'verify takes whole commit names',
        });
      const { info } = Context.current();
      const by = `${info.workflowExecution?.runId ?? ''}/${info.activityId}`;
      const swarm = swarmDirectory(deps.home, swarmId);
      const settings = await getArtifact<SwarmSettings>(swarm, settingsKey);
      const tree = await gitText('rev-parse', ['--verify', `${commit}^{tree}`], {
        cwd: swarm.root,
        gitDir: swarm.hub,
      });
      const accept = await acceptanceCommands(swarm, readPlan, commit, asked);
      if (settings.build.length + settings.test.length + accept.length === 0)
        return { ok: true, tree, seconds: 0, cached: false };
      const files = verifyFiles(swarm, { tree, commands: commandsHash(settings, accept), by });
      const known = await readRecord(files, by);
      if (known !== undefined) return known;

      const older = await readVerifyClaim(files);
      const marker = randomBytes(16).toString('hex');
      await replaceFile(files.claim, `${JSON.stringify({ marker })}\n`);
      if (older !== undefined) await clearAway(files, older.marker);
      crashPoint('verify.before');
      const result = await runIn(deps, { swarm, settings, accept, commit, tree, files }, marker);
      // A newer try has ended this one's commands: what they said then is worth nothing.
      if ((await readVerifyClaim(files))?.marker !== marker)
        throw new DroverFailure('superseded', `A newer verification of tree ${tree} has taken over`, {
          hint: 'nothing is to be done',
        });
      await writeRecord(files, result, by);
      crashPoint('verify.after');
      if (!result.ok) crashPoint('verify.red');
      return result;
    },
  });
};
