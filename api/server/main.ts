/** Entry of the API: reads its settings, listens, serves until it is told to end. */
import { mkdir } from 'node:fs/promises';
import { openStore } from '../../store/database.ts';
import { READY_MESSAGE } from '../../workers/supervisor/node-service.ts';
import { serve } from './serve.ts';
import { readApiSettings, SECRET_VARIABLES } from './settings.ts';

const say = (line: string): void => console.log(`${new Date().toISOString()} ${line}`);

const { settings, problems } = readApiSettings(process.env);
for (const problem of problems) console.error(problem);
if (settings === undefined) process.exit(2);
for (const name of SECRET_VARIABLES) delete process.env[name];

try {
  await mkdir(settings.home.root, { recursive: true });
  const store = await openStore(settings.store);
  const server = await serve(settings);
  say(`api ${process.pid}: ${server.url}, Temporal ${settings.temporal.address}`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => {
      say(`${signal}: ending`);
      void server
        .close()
        .then(() => store.close())
        .finally(() => process.exit(0));
    });
  process.send?.(READY_MESSAGE);
} catch (error) {
  console.error(error);
  process.exit(1);
}
