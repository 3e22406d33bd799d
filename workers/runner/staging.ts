/** Puts the files of a workspace, as the agent left them, into the runner's index. */
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { git } from '../../activities/git/git.ts';
import type { AgentSpec } from '../../domain/agents/agent.ts';
import { DroverFailure } from '../../domain/failures.ts';
import { takeIndex, type WorkRepository } from './work-repository.ts';

const add = async (
  repository: WorkRepository,
): Promise<{ readonly ok: boolean; readonly stderr: string }> => {
  const { code, stderr } = await git('add', ['-A'], { ...repository.options, okCodes: [0, 1, 128] });
  return { ok: code === 0, stderr };
};

const EMBEDDED = [
  /^warning: adding embedded git repository: (.+)$/gm,
  /^error: '(.+?)\/?' does not have a commit checked out$/gm,
] as const;

const embeddedRepositories = (stderr: string): readonly string[] =>
  EMBEDDED.flatMap((pattern) => [...stderr.matchAll(pattern)].map((match) => match[1]!));

/**
 * A repository that the agent made inside its workspace would become a bare pointer, and its files would be lost:
 * its `.git` is put aside, so that the files count.
 */
const putAside = async (
  repository: WorkRepository,
  spec: AgentSpec,
  paths: readonly string[],
): Promise<void> => {
  const aside = join(repository.directory, 'embedded');
  await mkdir(aside, { recursive: true });
  for (const [index, path] of paths.entries())
    await rename(join(spec.workspace, path, '.git'), join(aside, `${Date.now()}-${index}`));
};

/** Each round can show one more level of nesting. */
const MAX_ROUNDS = 5;

/**
 * Stages everything but what is ignored.
 * @returns embedded repositories whose files were taken as ordinary ones
 * @throws {DroverFailure} when something cannot be staged: work is never left out in silence
 */
export const stageAll = async (repository: WorkRepository, spec: AgentSpec): Promise<readonly string[]> => {
  let from = takeIndex(repository, spec, 'workspace');
  const embedded: string[] = [];
  for (let round = 0; ; round++) {
    const { ok, stderr } = await add(repository);
    const paths = embeddedRepositories(stderr);
    if (ok && paths.length === 0) return embedded;
    if (round >= MAX_ROUNDS || /No space left on device|Disk quota/.test(stderr)) throw cannotStage(stderr);
    if (paths.length > 0) {
      await putAside(repository, spec, paths);
      embedded.push(...paths);
    } else if (from === 'workspace') {
      from = 'start';
    } else {
      throw cannotStage(stderr);
    }
    takeIndex(repository, spec, from);
  }
};

const cannotStage = (stderr: string): DroverFailure =>
  new DroverFailure(
    /No space left on device|Disk quota/.test(stderr) ? 'resourcesExhausted' : 'toolBroken',
    `The agent's files could not be added: ${stderr.trim().slice(-1_000)}`,
    { hint: 'read the message of git above' },
  );

/** Takes in what an acceptance command changed in files that are staged already; what it made anew stays out. */
export const restageTracked = async (repository: WorkRepository): Promise<void> => {
  await git('add', ['-u'], repository.options);
};
