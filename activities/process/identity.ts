/**
 * Which process is this? A pid alone is reused; a pid with its start time and the machine's boot is not. Nothing
 * is ever signalled or adopted by pid alone.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { RunnerClaim } from '../../domain/agents/agent.ts';

/** The fields of `/proc/<pid>/stat` that Drover needs. */
interface ProcessStat {
  readonly parent: number;
  /** `Z` and `X` are dead already. */
  readonly state: string;
  readonly kernelThread: boolean;
  /** Clock ticks since boot. */
  readonly startTime: string;
}

const PF_KTHREAD = 0x0020_0000;

/** The second field is the program's name in parentheses and may itself hold spaces and parentheses. */
export const parseStat = (text: string): ProcessStat | undefined => {
  const end = text.lastIndexOf(')');
  if (end < 0) return undefined;
  // Fields from the third on: state ppid pgrp session tty tpgid flags … starttime (22nd).
  const fields = text.slice(end + 2).split(' ');
  const [state, parent] = fields;
  const startTime = fields[19];
  if (state === undefined || parent === undefined || startTime === undefined) return undefined;
  return {
    state,
    parent: Number(parent),
    kernelThread: (Number(fields[6]) & PF_KTHREAD) !== 0,
    startTime,
  };
};

export const readStat = (pid: number): ProcessStat | undefined => {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
};

/** What `ps -o stat=,lstart=` prints, for systems without `/proc`: the start to the second. */
export const parsePs = (text: string): { readonly state: string; readonly startTime: string } | undefined => {
  const match = /^\s*(\S+)\s+(\S.*\S)\s*$/.exec(text);
  return match?.[1] === undefined || match[2] === undefined
    ? undefined
    : { state: match[1].charAt(0), startTime: match[2].replaceAll(/\s+/g, ' ') };
};

const psOf = (pid: number): ReturnType<typeof parsePs> => {
  const { stdout, status } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
  });
  return status === 0 ? parsePs(stdout) : undefined;
};

const readBootId = (): string => {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    // `ps` tells the date of the start, which no two boots share.
    return '';
  }
};
let bootId: string | undefined;

const isDead = (state: string): boolean => state === 'Z' || state === 'X';

/** Who `pid` is now, or undefined when no living process has it. A stopped process lives. */
export const identityOf = (pid: number): RunnerClaim | undefined => {
  bootId ??= readBootId();
  const found = process.platform === 'linux' ? readStat(pid) : psOf(pid);
  return found === undefined || isDead(found.state) ? undefined : { pid, startTime: found.startTime, bootId };
};

/** Does that very process live, not only one with its pid? */
export const isAlive = (claim: RunnerClaim): boolean => {
  const now = identityOf(claim.pid);
  return now !== undefined && now.startTime === claim.startTime && now.bootId === claim.bootId;
};

/** @returns false when that very process is gone; then nothing was signalled */
export const signalProcess = (claim: RunnerClaim, signal: NodeJS.Signals): boolean => {
  if (!isAlive(claim)) return false;
  try {
    process.kill(claim.pid, signal);
    return true;
  } catch {
    return false;
  }
};
