/** Entry of the worker: reads its settings, says them without secrets, runs until it is told to end. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { armCrashPoint } from '../../store/crash-point.ts';
import { READY_MESSAGE } from '../supervisor/worker-service.ts';
import { hostId } from './host.ts';
import { readWorkerSettings, SECRET_VARIABLES, settingsWithoutSecrets } from './settings.ts';
import { runWorker } from './worker.ts';

const say = (line: string): void => console.log(`${new Date().toISOString()} ${line}`);

const { settings, problems } = readWorkerSettings(process.env);
if (settings === undefined) {
  for (const problem of problems) console.error(problem);
  process.exit(2);
}
// From here on nothing that this process starts can inherit them.
for (const name of SECRET_VARIABLES) delete process.env[name];
if (settings.crash !== undefined) armCrashPoint(settings.crash.at, settings.crash.onceFile);
say(`worker ${process.pid}: ${JSON.stringify(settingsWithoutSecrets(settings))}`);

const { home } = settings;
await mkdir(home.root, { recursive: true });
const host = await hostId(home);
const beside = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const bundle = beside('../../workflows/bundle.cjs');

try {
  await runWorker({
    target: settings.temporal,
    hostId: host,
    workflows: existsSync(bundle)
      ? { workflowBundle: { codePath: bundle } }
      : { workflowsPath: beside('../../workflows/index.ts') },
    sharedActivities: {},
    hostActivities: {},
    onReady: () => process.send?.(READY_MESSAGE),
    say,
  });
  say('ended');
  process.exit(0);
} catch (error) {
  console.error(error);
  process.exit(1);
}
