/** Entry of the worker: reads its settings, says them without secrets, runs until it is told to end. */
import { mkdir } from 'node:fs/promises';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { startProgramsBy } from '../../activities/process/program.ts';
import { createSpawner } from '../../activities/process/spawner.ts';
import { armCrashPoint } from '../../store/crash-point.ts';
import { RUNNER_ENTRY, SPAWNER_ENTRY, workflowSource } from '../program.ts';
import { READY_MESSAGE } from '../supervisor/node-service.ts';
import { hostActivities, sharedActivities } from './activities.ts';
import { hostId } from './host.ts';
import { readWorkerSettings, SECRET_VARIABLES, settingsWithoutSecrets } from './settings.ts';
import { runWorker } from './worker.ts';

const say = (line: string): void => console.log(`${new Date().toISOString()} ${line}`);

const { settings, problems } = readWorkerSettings(process.env);
for (const problem of problems) console.error(problem);
if (settings === undefined) process.exit(2);
// From here on nothing that this process starts can inherit them.
for (const name of SECRET_VARIABLES) delete process.env[name];
if (settings.crash !== undefined) armCrashPoint(settings.crash.at, settings.crash.onceFile);
say(`worker ${process.pid}: ${JSON.stringify(settingsWithoutSecrets(settings))}`);

startProgramsBy(createSpawner(SPAWNER_ENTRY, process.env['PATH'] ?? ''));
Runtime.install({ logger: new DefaultLogger('WARN') });
const { home, temporal, model } = settings;
try {
  await mkdir(home.root, { recursive: true });
  const host = await hostId(home);
  const deps = {
    home,
    hostId: host,
    modelAccess: model,
    github: settings.github,
    runnerEntry: RUNNER_ENTRY,
    env: process.env,
  };
  await runWorker({
    target: temporal,
    hostId: host,
    workflows: workflowSource(),
    sharedActivities: sharedActivities(deps),
    hostActivities: hostActivities(deps),
    onReady: () => process.send?.(READY_MESSAGE),
    say,
  });
  say('ended');
  process.exit(0);
} catch (error) {
  console.error(error);
  process.exit(1);
}
