/** Entry of the supervisor, started detached by `drover up`: exactly one per home. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { homeAt } from '../../store/home.ts';
import { tryLock } from '../../store/lock.ts';
import { ALREADY_SUPERVISED, parseJob } from './job.ts';
import { receiveSecrets } from './secrets.ts';
import { supervise } from './supervise.ts';

const HOME_CHECK_MS = 2_000;

const job = parseJob(process.argv[2]);
const home = homeAt(job.home);
const say = (line: string): void => console.log(`${new Date().toISOString()} ${line}`);

// Held by the kernel until this process ends, however it ends.
const lockFile = join(home.root, 'up.lock');
const lock = tryLock(lockFile);
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

// Whoever removes the home removes what the services work on; without this they would run unseen for ever. The lock
// tells, since nothing but the start of a supervisor makes it. The timer also keeps this process when every service
// has failed, so that it can say so.
setInterval(() => {
  if (existsSync(lockFile) || stop.signal.aborted) return;
  say(`${lockFile} is gone: ending the services`);
  stop.abort();
}, HOME_CHECK_MS);

await supervise(
  {
    home,
    env: { ...process.env, ...(await receiveSecrets(process.env)) },
    say,
    ports: job.ports,
    ...(job.binary === undefined ? {} : { binary: job.binary }),
  },
  stop.signal,
);
say('ended');
lock.release();
process.exit(0);
