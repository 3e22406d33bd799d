/** The keys of the environment, and a Temporal that is spoken to with them. */
import { readFileSync } from 'node:fs';
import type { PayloadCodec } from '@temporalio/common';
import type { Environment } from '../../config/environment.ts';
import { DroverFailure } from '../../domain/failures.ts';
import { encryptionKey, payloadCodec, type EncryptionKey } from './payload-codec.ts';

export const ENCRYPTION_VARIABLE = 'DROVER_ENCRYPTION_KEY';

const KEY_BYTES = 32;
const HINT = 'openssl rand -base64 32 makes one; several with commas between them, the newest first';

const wrong = (message: string): DroverFailure => new DroverFailure('invalidInput', message, { hint: HINT });

const keyOf = (given: string): EncryptionKey => {
  const key = Buffer.from(given, 'base64');
  if (!/^[A-Za-z0-9+/]{43}=?$/.test(given) || key.length !== KEY_BYTES)
    throw wrong(`${ENCRYPTION_VARIABLE} must hold keys of 32 bytes as base64`);
  return encryptionKey(key);
};

const textOf = (env: Environment): string => {
  const file = env[`${ENCRYPTION_VARIABLE}_FILE`]?.trim() ?? '';
  if (file === '') return env[ENCRYPTION_VARIABLE] ?? '';
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw wrong(
      `${ENCRYPTION_VARIABLE}_FILE cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
};

export interface Encryption {
  readonly codec: PayloadCodec;
  /** Is what Drover writes encrypted? Without a key it only says what is missing. */
  readonly on: boolean;
}

/** @throws DroverFailure `invalidInput` when the keys cannot be used */
export const encryptionOf = (env: Environment): Encryption => {
  const keys = textOf(env)
    .split(/[\s,]+/)
    .filter((key) => key !== '')
    .map(keyOf);
  return { codec: payloadCodec(keys), on: keys.length > 0 };
};

/** `target` for whoever reads and writes histories. */
export const withEncryption = <Target extends object>(
  target: Target,
  env: Environment,
): Target & { readonly encryption: Encryption } => ({ ...target, encryption: encryptionOf(env) });
