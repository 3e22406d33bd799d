/** Follows a swarm to its end: live in a terminal, as lines otherwise. The swarm does not depend on it. */
import type { SwarmHandle } from '../../api/swarm-handle.ts';
import type { DroverClient } from '../../api/client.ts';
import { lookOf, print, printJsonLine, type Cli } from '../cli.ts';
import { EXIT_INTERRUPTED, OUTCOME_EXIT_CODES } from '../exit-codes.ts';
import { endLines } from '../views/swarm-view.ts';
import { followLive } from './live.ts';
import { changedParts, changeLines } from './plain-lines.ts';
import { watchSwarm, type Followed, type Snapshot } from './snapshot.ts';
import { temporalSignal } from './temporal-signal.ts';

export interface FollowOptions {
  readonly json: boolean;
}

const comeBack = (swarmId: string): readonly string[] => [
  `The swarm goes on. Come back with: drover status ${swarmId} --watch`,
  `Agents' logs:                      drover logs ${swarmId} -f`,
];

/** Lines (or one JSON value a line) for each change. */
const followLines = async (
  cli: Cli,
  swarm: SwarmHandle,
  client: DroverClient,
  json: boolean,
  signal: AbortSignal,
): Promise<Followed | undefined> => {
  let before: Snapshot | undefined;
  let away = false;
  const hints = { temporalSignal: temporalSignal(client.target, swarm.id) };
  const end = await watchSwarm(
    swarm,
    {
      onSnapshot: (snapshot) => {
        if (away && !json) print(cli, ['connected again']);
        away = false;
        if (json) {
          if (JSON.stringify(before) !== JSON.stringify(snapshot))
            printJsonLine(cli, changedParts(before, snapshot));
        } else print(cli, changeLines(before, snapshot, hints, lookOf(cli)));
        before = snapshot;
      },
      onReconnecting: (reason) => {
        if (!away && !json) print(cli, [`reconnecting: ${reason}`]);
        away = true;
      },
    },
    signal,
  );
  return end === undefined ? undefined : { end, last: before };
};

/** @returns the exit code: of the swarm's outcome, or of Ctrl-C */
export const followSwarm = async (
  cli: Cli,
  swarm: SwarmHandle,
  client: DroverClient,
  options: FollowOptions,
): Promise<number> => {
  const interrupted = cli.onInterrupt();
  const live = !options.json && cli.stdout.isTTY && cli.stdin.isTTY;
  const followed = live
    ? await followLive(cli, swarm, interrupted)
    : await followLines(cli, swarm, client, options.json, interrupted);
  if (followed === undefined) {
    if (!options.json) print(cli, comeBack(swarm.id));
    return EXIT_INTERRUPTED;
  }
  if (!options.json && followed.last !== undefined) print(cli, endLines(followed.last.view, lookOf(cli)));
  return OUTCOME_EXIT_CODES[followed.end];
};
