// A process that moves the train with no file handle left, and again with some. Prints how both ended, as JSON.
// Arguments: the home, the swarm, where the train is and where it is to be.
import { closeSync, openSync } from 'node:fs';
import { createIntegrationActivities } from '../../activities/git/integration.ts';
import { homeAt } from '../../store/home.ts';

const [home = '', swarmId = '', from = '', to = ''] = process.argv.slice(2);
const activities = createIntegrationActivities({ home: homeAt(home) });
const ended = (): Promise<object> =>
  activities.advanceTrain({ swarmId, from, to }).then(
    () => ({ ok: true }),
    ({ type, nonRetryable, message }: { type: string; nonRetryable: boolean; message: string }) => ({
      type,
      nonRetryable,
      message,
    }),
  );

const held: number[] = [];
try {
  for (;;) held.push(openSync('/dev/null', 'r'));
} catch {
  // None is left.
}
const without = await ended();
for (const handle of held) closeSync(handle);
process.stdout.write(JSON.stringify([without, await ended()]));
