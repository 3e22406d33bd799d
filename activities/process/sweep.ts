/**
 * Finds and ends all processes of an agent, wherever they went: they are known by a variable in the environment
 * they were started with, which survives fork, exec, setsid and the death of a parent. A child of such a process
 * counts too, so that a cleared environment does not hide it while its parent lives. A process that cannot be
 * told to be the agent's is never signalled.
 */
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunnerClaim } from '../../domain/agents/agent.ts';
import { identityOf, isAlive, readStat, signalProcess } from './identity.ts';

export const AGENT_MARKER = 'DROVER_AGENT_MARKER';
/** Marks the processes of one command, besides the marker of the agent that they belong to. */
export const COMMAND_MARKER = 'DROVER_COMMAND_MARKER';

/** Value of `variable` in a NUL-separated environment block. */
export const valueIn = (block: Buffer, variable: string): string | undefined => {
  const key = `${variable}=`;
  let at = block.indexOf(key);
  while (at > 0 && block[at - 1] !== 0) at = block.indexOf(key, at + 1);
  if (at < 0) return undefined;
  const end = block.indexOf(0, at);
  return block.toString('utf8', at + key.length, end < 0 ? block.length : end);
};

/** One buffer for all reads: a scan looks at every process of the machine and must leave no garbage. */
let buffer = Buffer.allocUnsafe(64 * 1024);

/** Valid until the next call; undefined for a process that is gone or another user's. */
const environmentOf = (pid: number): Buffer | undefined => {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(`/proc/${pid}/environ`, 'r');
    let length = 0;
    for (;;) {
      const read = readSync(descriptor, buffer, length, buffer.length - length, null);
      length += read;
      // Linux gives what it has, up to a page less; only 0 is the end.
      if (read === 0) return buffer.subarray(0, length);
      if (length === buffer.length) buffer = Buffer.concat([buffer, Buffer.allocUnsafe(buffer.length)]);
    }
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
};

/** Threads of the kernel look like processes without an environment; they are the children of one of them. */
const kernelThreads = (): ReadonlySet<string> => {
  const parent = readStat(KTHREADD);
  if (parent?.kernelThread !== true) return new Set();
  try {
    const children = readFileSync(`/proc/${KTHREADD}/task/${KTHREADD}/children`, 'utf8');
    return new Set([String(KTHREADD), ...children.split(' ')]);
  } catch {
    return new Set();
  }
};
const KTHREADD = 2;

const allPids = (): number[] => {
  const skipped = kernelThreads();
  return readdirSync('/proc').flatMap((name) =>
    name.charCodeAt(0) <= 57 && !skipped.has(name) ? (Number(name) > 0 ? [Number(name)] : []) : [],
  );
};

/** In the middle of an exec the environment reads as empty for some microseconds. */
const EXEC_PAUSE_MS = 2;

const markedOnLinux = async (
  values: ReadonlySet<string>,
  variable: string,
  roots: readonly number[],
): Promise<number[]> => {
  const pids = allPids();
  const marked = new Set(roots);
  const test = (pid: number): boolean => {
    const block = environmentOf(pid);
    if (block === undefined) return true;
    const value = valueIn(block, variable);
    if (value !== undefined && values.has(value)) marked.add(pid);
    return block.length > 0;
  };
  const empty = pids.filter((pid) => !test(pid));
  const uncertain = empty.filter((pid) => {
    const stat = readStat(pid);
    return stat !== undefined && !stat.kernelThread && stat.state !== 'Z';
  });
  if (uncertain.length > 0) {
    await sleep(EXEC_PAUSE_MS);
    uncertain.forEach(test);
  }
  if (marked.size > 0) addDescendants(marked, pids);
  return [...marked];
};

const addDescendants = (marked: Set<number>, pids: readonly number[]): void => {
  const children = new Map<number, number[]>();
  for (const pid of pids) {
    const parent = readStat(pid)?.parent;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  // A set visits what is added while it is walked.
  for (const pid of marked) for (const child of children.get(pid) ?? []) marked.add(child);
};

/** `ps` shows the environment behind the command line; for systems without `/proc`. */
const markedByPs = (values: ReadonlySet<string>, variable: string): number[] => {
  const { stdout } = spawnSync('ps', ['axeww', '-o', 'pid=,command='], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
  });
  return parseMarkedPs(stdout, values, variable);
};

export const parseMarkedPs = (text: string, values: ReadonlySet<string>, variable: string): number[] =>
  text.split('\n').flatMap((line) => {
    const pid = /^\s*(\d+)\s/.exec(line)?.[1];
    const value = line.split(` ${variable}=`)[1]?.split(' ')[0];
    return pid !== undefined && value !== undefined && values.has(value) ? [Number(pid)] : [];
  });

export interface FindOptions {
  /** @default AGENT_MARKER */
  readonly variable?: string;
  /** A process that the caller started itself: it and its children count, whatever their environment. */
  readonly root?: RunnerClaim;
}

/** All living processes that were started with one of `values` in the variable, without the calling one. */
export const findMarked = async (
  values: ReadonlySet<string>,
  { variable = AGENT_MARKER, root }: FindOptions = {},
): Promise<readonly RunnerClaim[]> => {
  if (values.size === 0) return [];
  const roots = root !== undefined && isAlive(root) ? [root.pid] : [];
  const pids =
    process.platform === 'linux'
      ? await markedOnLinux(values, variable, roots)
      : [...roots, ...markedByPs(values, variable)];
  return pids.flatMap((pid) => {
    const identity = pid === process.pid ? undefined : identityOf(pid);
    return identity === undefined ? [] : [identity];
  });
};

export interface EndOptions extends FindOptions {
  /** The polite signal. @default 'SIGINT' */
  readonly signal?: NodeJS.Signals;
  /** How long after it SIGKILL follows; 0 for at once. */
  readonly graceMs: number;
  /** The root gets no polite signal: it is the wall around the others, and ends with them. @default false */
  readonly spareRoot?: boolean;
  /** Cuts the grace period short: what matters has ended, the rest is left-overs. */
  readonly mayKill?: () => boolean;
}

const POLL_MS = 20;
/** SIGKILL takes effect at once except in uninterruptible waits; after this long it is reported instead. */
const KILL_WAIT_MS = 5_000;

/**
 * Ends all processes with the marker and looks again until none is left.
 * @returns those that could not be ended, normally none
 */
export const endMarked = async (
  values: ReadonlySet<string>,
  options: EndOptions,
): Promise<readonly RunnerClaim[]> => {
  const find = (): Promise<readonly RunnerClaim[]> => findMarked(values, options);
  const ask = (found: readonly RunnerClaim[]): readonly RunnerClaim[] => {
    for (const one of found)
      if (options.spareRoot !== true || one.pid !== options.root?.pid)
        signalProcess(one, options.signal ?? 'SIGINT');
    return found;
  };
  let found = await find();
  if (found.length === 0) return [];
  if (options.graceMs > 0) {
    ask(found);
    const deadline = performance.now() + options.graceMs;
    while (performance.now() < deadline && options.mayKill?.() !== true) {
      await sleep(POLL_MS);
      found = found.filter(isAlive);
      if (found.length > 0) continue;
      found = ask(await find());
      if (found.length === 0) return [];
    }
    found = await find();
  }
  const deadline = performance.now() + KILL_WAIT_MS;
  while (found.length > 0 && performance.now() < deadline) {
    for (const one of found) signalProcess(one, 'SIGKILL');
    await sleep(POLL_MS / 4);
    found = await find();
  }
  return found;
};
