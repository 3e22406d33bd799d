/** Takes over what an earlier supervisor of the same home left behind: a sound server stays, all else ends. */
import type { Home } from '../../store/home.ts';
import { leftBehind } from './left-behind.ts';
import { endProcess } from './process.ts';
import { NODE_SERVICE_NAMES, NODE_SERVICES } from './service-table.ts';
import { answersOn, recordedPorts, type Adoption } from './temporal-service.ts';

export interface TakeoverOptions {
  /** Does the new supervisor want an embedded server? */
  readonly embedded: boolean;
  readonly temporalGraceMs: number;
  readonly say: (line: string) => void;
}

/** @returns the server to go on with, if there is one */
export const takeOver = async (home: Home, options: TakeoverOptions): Promise<Adoption | undefined> => {
  for (const name of NODE_SERVICE_NAMES)
    for (const process of await leftBehind(home, name)) {
      options.say(`ending ${name} ${process.pid} of an earlier supervisor`);
      await endProcess(process, NODE_SERVICES[name].graceMs);
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
