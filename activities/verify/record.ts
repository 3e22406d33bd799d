/**
 * What is on disk of a verification: who runs it now, and how it ended. A green tree is green for ever. A red one
 * stands for the tries of one activity only: a person who asks for a retry gets one.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { VerifyResult } from '../../domain/train/integration.ts';
import type { ProjectCommand, SwarmSettings } from '../../domain/swarm/settings.ts';
import { readIfThere, replaceFile } from '../../store/files.ts';
import type { SwarmDirectory } from '../../store/home.ts';

/** What a verification's result depends on besides the tree. */
export const commandsHash = (
  { setup, build, test, env, passEnv }: SwarmSettings,
  accept: readonly ProjectCommand[],
): string =>
  createHash('sha256')
    .update(JSON.stringify({ setup, build, test, env, passEnv, ...(accept.length === 0 ? {} : { accept }) }))
    .digest('hex')
    .slice(0, 16);

export interface VerifyFiles {
  readonly claim: string;
  readonly record: string;
  /** Of the command with the given place in the order. */
  readonly log: (step: string, index: number) => string;
  /** A checkout for the run with this marker. */
  readonly workspace: (marker: string) => string;
}

export interface VerifyKey {
  readonly tree: string;
  /** From `commandsHash`. */
  readonly commands: string;
  /** The activity; its tries share a claim, two activities do not disturb each other. */
  readonly by: string;
}

export const verifyFiles = (swarm: SwarmDirectory, { tree, commands, by }: VerifyKey): VerifyFiles => {
  const stem = join(swarm.verifyDirectory, `${tree}-${commands}`);
  const activity = createHash('sha256').update(by).digest('hex').slice(0, 16);
  return {
    claim: `${stem}-${activity}.claim.json`,
    record: `${stem}.json`,
    log: (step, index) => `${stem}-${activity}-${index}-${step}.log`,
    workspace: (marker) => join(swarm.root, `verify-${marker}`),
  };
};

/** The try that works on this. The newest one counts; what it finds of an older one, it removes. */
export interface VerifyClaim {
  /** In the environment of all its processes, and in the name of its workspace. */
  readonly marker: string;
}

const isMarker = (value: unknown): value is string =>
  typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);

export const readVerifyClaim = async (files: VerifyFiles): Promise<VerifyClaim | undefined> => {
  const text = await readIfThere(files.claim);
  const marker: unknown = text === undefined ? undefined : (JSON.parse(text) as VerifyClaim).marker;
  return isMarker(marker) ? { marker } : undefined;
};

interface VerifyRecord {
  readonly result: VerifyResult;
  /** The activity that found it out. */
  readonly by: string;
}

export const writeRecord = (files: VerifyFiles, result: VerifyResult, by: string): Promise<void> =>
  replaceFile(files.record, `${JSON.stringify({ result, by } satisfies VerifyRecord)}\n`);

export const readRecord = async (files: VerifyFiles, by: string): Promise<VerifyResult | undefined> => {
  const text = await readIfThere(files.record);
  if (text === undefined) return undefined;
  const record = JSON.parse(text) as VerifyRecord;
  return record.result.ok || record.by === by ? { ...record.result, cached: true } : undefined;
};
