/** Takes over what an earlier supervisor of the same home left behind: a sound server stays, all else ends. */
import type { Home } from '../../store/home.ts';
import { leftBehind } from './left-behind.ts';
import { endProcess } from './process.ts';
import { answersOn, recordedPorts, type Adoption } from './temporal-service.ts';

export interface TakeoverOptions {
  /** Does the new supervisor want an embedded server? */
  readonly embedded: boolean;
  readonly workerGraceMs: number;
  readonly temporalGraceMs: number;
  readonly say: (line: string) => void;
}

/** @returns the server to go on with, if there is one */
export const takeOver = async (home: Home, options: TakeoverOptions): Promise<Adoption | undefined> => {
  for (const worker of await leftBehind(home, 'worker')) {
    options.say(`ending worker ${worker.pid} of an earlier supervisor`);
    await endProcess(worker, options.workerGraceMs);
  }
  const ports = options.embedded ? await recordedPorts(home) : undefined;
  let adoption: Adoption | undefined;
  for (const identity of await leftBehind(home, 'temporal')) {
    if (adoption === undefined && ports !== undefined && (await answersOn(identity, ports))) {
      options.say(`taking over Temporal ${identity.pid} of an earlier supervisor`);
      adoption = { identity, ports };
    } else {
      options.say(`ending Temporal ${identity.pid} of an earlier supervisor`);
      await endProcess(identity, options.temporalGraceMs);
    }
  }
  return adoption;
};
