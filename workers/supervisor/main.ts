/** Entry of the supervisor, started detached by `drover up`: exactly one per home. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { homeAt } from '../../store/home.ts';
import { tryLock } from '../../store/lock.ts';
import { ALREADY_SUPERVISED, parseJob } from './job.ts';
import { supervise } from './supervise.ts';

const HOME_CHECK_MS = 2_000;

const job = parseJob(process.argv[2]);
const home = homeAt(job.home);
const say = (line: string): void => console.log(`${new Date().toISOString()} ${line}`);

// Held by the kernel until this process ends, however it ends.
const lock = tryLock(join(home.root, 'up.lock'));
if (lock === undefined) {
  say(`pid ${process.pid}: another supervisor runs for ${home.root}`);
  process.exit(ALREADY_SUPERVISED);
}

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(signal, () => {
    say(`${signal}: ending the services`);
    stop.abort();
  });
}
say(`supervisor ${process.pid} for ${home.root}`);

// Whoever removes the home removes what the services work on; without this they would run unseen for ever. The
// timer also keeps this process when every service has failed, so that it can say so.
let written = false;
setInterval(() => {
  if (existsSync(home.upFile)) written = true;
  else if (written && !stop.signal.aborted) {
    say(`${home.upFile} is gone: ending the services`);
    stop.abort();
  }
}, HOME_CHECK_MS);

await supervise(
  {
    home,
    env: process.env,
    say,
    ports: job.ports,
    ...(job.binary === undefined ? {} : { binary: job.binary }),
  },
  stop.signal,
);
say('ended');
lock.release();
process.exit(0);
