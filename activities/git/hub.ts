/**
 * The hub: a swarm's bare repository, in which alone Drover runs git. Besides git's own files it holds, under
 * `drover/`, what Drover must remember of the swarm and of each agent where no agent writes.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DroverFailure } from '../../domain/failures.ts';
import { HUB_BASE_BRANCH, HUB_RESULT_BRANCH, isSha } from '../../domain/names.ts';
import { createFile, errorCode, readIfThere } from '../../store/files.ts';
import { borrowObjects } from './borrow-objects.ts';
import { createRef } from './create-ref.ts';
import { git, type GitOptions } from './git.ts';
import { type InspectedRepository, shallowFile } from './inspect-repository.ts';
import { sealHub, writeHub } from './repository-files.ts';
import { removeTree } from './workspace.ts';

/** What was opened, and what the person was told then. */
export interface HubRecord {
  readonly repository: string;
  readonly baseBranch: string;
  readonly baseCommit: string;
  readonly warnings: readonly string[];
}

/** What an agent was asked to build on; what it hands over is checked against this, not against its own files. */
export interface AgentRecord {
  readonly baseCommit: string;
  readonly mergeParent?: string;
  /** What the task declared to change; absent for fixing agents. */
  readonly files?: readonly string[];
  /** A branch that changes nothing is no answer. Absent where one may be. */
  readonly mustChange?: true;
  /** Its work comes as a push (`incomingRef`), not as a bundle. */
  readonly pushes?: true;
}

/** Where an agent in a pod pushes to. No branch yet: what lies here is looked at when it is handed over. */
export const incomingRef = (agentId: string): string => `refs/incoming/${agentId}`;

const NULL_SHA = /^0+$/;

/** Options for git in the hub, after making sure that the hub is as Drover left it. */
export const openHub = async (hub: string): Promise<Pick<GitOptions, 'cwd' | 'gitDir'>> => {
  await sealHub(hub);
  return { cwd: hub, gitDir: hub };
};

export const readHubRecord = async (hub: string): Promise<HubRecord | undefined> => {
  const text = await readIfThere(join(hub, 'drover', 'opened.json'));
  return text === undefined ? undefined : (JSON.parse(text) as HubRecord);
};

/** Makes the hub, whole or not at all, unless it is there. @returns the record of the hub that is there */
export const makeHub = async (hub: string, from: InspectedRepository): Promise<HubRecord> => {
  const making = `${hub}.making-${randomBytes(6).toString('hex')}`;
  const { repository, baseBranch, baseCommit, warnings } = from;
  const record: HubRecord = { repository, baseBranch, baseCommit, warnings };
  try {
    await writeHub(making, baseCommit.length === 64);
    await borrowObjects(join(from.commonDirectory, 'objects'), join(making, 'objects'));
    const shallow = await shallowFile(from.commonDirectory);
    if (shallow !== undefined) await writeFile(join(making, 'shallow'), shallow);
    await mkdir(join(making, 'drover', 'agents'), { recursive: true });
    await writeFile(join(making, 'drover', 'opened.json'), JSON.stringify(record));
    const options = { cwd: making, gitDir: making };
    await moveRef(options, HUB_BASE_BRANCH, undefined, baseCommit);
    await moveRef(options, HUB_RESULT_BRANCH, undefined, baseCommit);
    await rename(making, hub);
    return record;
  } catch (error) {
    const code = errorCode(error);
    const there = code === 'ENOTEMPTY' || code === 'EEXIST' ? await readHubRecord(hub) : undefined;
    if (there === undefined) throw error;
    return there;
  } finally {
    await removeTree(making);
  }
};

/** Where the branch is, or undefined when there is none. */
export const readRef = async (
  options: Pick<GitOptions, 'cwd' | 'gitDir'>,
  branch: string,
): Promise<string | undefined> => {
  // Hubs keep each ref in a file of its own, unless a person has packed them: that spares a process.
  const loose = (await readIfThere(join(options.cwd, 'refs', 'heads', branch)))?.trim();
  if (loose !== undefined && isSha(loose)) return loose;
  if (loose === undefined && (await readIfThere(join(options.cwd, 'packed-refs'))) === undefined)
    return undefined;
  const { code, stdout } = await git('rev-parse', ['--verify', '--quiet', `refs/heads/${branch}`], {
    ...options,
    okCodes: [0, 1],
  });
  return code === 0 ? stdout.toString('utf8').trim() : undefined;
};

/**
 * Moves a branch of the hub by compare-and-swap; `from` undefined creates it. Nothing to do when it is at `to`.
 * @throws {DroverFailure} `superseded` when the branch is at neither `from` nor `to`
 */
export const moveRef = async (
  options: Pick<GitOptions, 'cwd' | 'gitDir'>,
  branch: string,
  from: string | undefined,
  to: string,
): Promise<void> => {
  if (![from ?? to, to].every((sha) => isSha(sha) && !NULL_SHA.test(sha)))
    throw new DroverFailure('invalidInput', `"${from ?? ''}" or "${to}" is not the name of a commit`, {
      hint: 'refs move between whole commit names only',
    });
  if (from === undefined && (await createRef(options.cwd, branch, to))) return;
  const swap = await git(
    'update-ref',
    ['-m', 'drover', '--no-deref', `refs/heads/${branch}`, to, from ?? '0'.repeat(to.length)],
    { ...options, okCodes: [0, 128] },
  );
  if (swap.code === 0) return;
  const now = await readRef(options, branch);
  if (now === to) return;
  if (now === from)
    throw new DroverFailure(
      'toolBroken',
      `git could not move branch ${branch} of the hub: ${swap.stderr.trim()}`,
      {
        hint: 'look for a lock file that a killed process left, and for the disk',
      },
    );
  throw new DroverFailure(
    'superseded',
    `Branch ${branch} of the hub is at ${now ?? 'nothing'}, neither at ${from ?? 'nothing'} nor at ${to}`,
    { hint: 'a newer attempt owns the branch; this one is out of date' },
  );
};

const agentRecord = (hub: string, agentId: string): string =>
  join(hub, 'drover', 'agents', `${agentId}.json`);

/** Keeps the first record of an agent: a retry asks for the same. */
export const writeAgentRecord = (hub: string, agentId: string, record: AgentRecord): Promise<boolean> =>
  createFile(agentRecord(hub, agentId), JSON.stringify(record));

export const readAgentRecord = async (hub: string, agentId: string): Promise<AgentRecord> => {
  const text = await readIfThere(agentRecord(hub, agentId));
  if (text === undefined)
    throw new DroverFailure('notFound', `${agentId} was never prepared in ${hub}`, {
      hint: 'drover agents lists the agents of the swarm',
    });
  return JSON.parse(text) as AgentRecord;
};
