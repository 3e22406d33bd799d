/** The Temporal CLI that Drover itself found, for tests that use it as a person would. */
import { resolveTemporal } from '../../workers/temporal/resolve.ts';

/** @returns its path */
export const temporalProgram = async (): Promise<string> => {
  const { TEMPORAL_ADDRESS: _address, TEMPORAL_PROFILE: _profile, ...env } = process.env;
  const server = await resolveTemporal({ env, onProgress: () => {} });
  if (server.kind === 'external') throw new Error('a program was asked for, not a cluster');
  return server.binary.path;
};
