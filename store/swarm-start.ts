/** Stores what a swarm is started with in its directory. The same start twice is stored once. */
import { swarmInput, type SwarmStart } from '../domain/swarm/start.ts';
import type { SwarmInput } from '../domain/protocol.ts';
import { putArtifact } from './artifacts.ts';
import { swarmDirectory, type Home } from './home.ts';

/** @returns the input of the swarm's workflow */
export const storeStart = async (home: Home, swarmId: string, start: SwarmStart): Promise<SwarmInput> => {
  const directory = swarmDirectory(home, swarmId);
  const settingsKey = await putArtifact(directory, start.settings);
  return swarmInput(swarmId, start, {
    settingsKey,
    ...(start.plan === undefined ? {} : { planKey: await putArtifact(directory, start.plan) }),
  });
};
