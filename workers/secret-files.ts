/** Secrets from files, as containers get them: `<NAME>_FILE` names a file that holds the value of `<NAME>`. */
import { readFile } from 'node:fs/promises';
import { DroverFailure } from '../domain/failures.ts';
import type { Environment } from '../config/environment.ts';

/** @returns the values of those of `names` that are given by a file; the variable itself counts before the file */
export const readSecretFiles = async (env: Environment, names: readonly string[]): Promise<Environment> => {
  const found: Record<string, string> = {};
  for (const name of names) {
    const path = env[`${name}_FILE`]?.trim();
    if (path === undefined || path === '' || (env[name] ?? '') !== '') continue;
    try {
      found[name] = (await readFile(path, 'utf8')).trim();
    } catch (error) {
      throw new DroverFailure('invalidInput', `${name}_FILE names ${path}, which cannot be read`, {
        hint: 'mount the secret there, readable for the user that Drover runs as',
        cause: error,
      });
    }
  }
  return found;
};
