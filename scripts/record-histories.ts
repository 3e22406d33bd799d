// Records histories of all workflows for test/replay: `npm run record-histories -- [scenario…]`. To be run after a
// change of the workflows, beside the histories that are there, which are kept for ever: a file is never overwritten.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { historyToText, runsOf, workflowTypeOf } from '../test/support/history.ts';
import { SCENARIOS } from '../test/support/replayed-swarms.ts';
import { createSwarmWorld } from '../test/support/swarm-world.ts';
import { startTestServer, stopTestServer } from '../test/support/temporal-server.ts';

const directory = fileURLToPath(new URL('../test/replay/histories/', import.meta.url));
const wanted = process.argv.slice(2);
const now = new Date().toISOString().slice(0, 16).replace(':', '');

await startTestServer();
const world = await createSwarmWorld();
try {
  await mkdir(directory, { recursive: true });
  for (const [name, scenario] of Object.entries(SCENARIOS).filter(
    ([name]) => wanted.length === 0 || wanted.includes(name),
  ))
    for (const workflowId of await scenario(world)) {
      const runs = await runsOf(world.temporal.client, workflowId);
      const which = workflowId.includes('/')
        ? workflowId.slice(workflowId.indexOf('/') + 1)
        : ((runs[0] === undefined ? undefined : workflowTypeOf(runs[0])) ?? 'unknown');
      for (const [index, history] of runs.entries()) {
        const file = `${now}-${name}-${which.replaceAll('/', '-')}-${index + 1}.json`;
        await writeFile(join(directory, file), historyToText(history), { flag: 'wx' });
        console.log(file);
      }
    }
} finally {
  await world.close();
  await stopTestServer();
}
