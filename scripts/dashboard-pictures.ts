/**
 * Makes the pictures of docs/dashboard.md: runs the demo's swarm, with scripted answers and all else real, once by
 * itself and once with its gates asking, and photographs the dashboard on the way. Needs a build and Chromium.
 * `npm run pictures`; look at what it made before it is committed.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { swarmHandle } from '../api/swarm-handle.ts';
import { DEMO_GOAL } from '../cli/demo/goal.ts';
import { makeDemoRepository } from '../cli/demo/repository.ts';
import { startScriptedModel } from '../cli/demo/scripted-model.ts';
import { openDashboard } from '../test/support/dashboard.ts';
import { completed, startDrover, until } from '../test/support/drover.ts';

const PICTURES = fileURLToPath(new URL('../docs/pictures/', import.meta.url));
const SIZE = { width: 1_180, height: 760 };
const PATIENCE_SECONDS = 600;
/** What moves has come to rest. */
const SETTLE_MS = 1_500;

const photograph = async (page: Page, name: string): Promise<void> => {
  await page.locator('.skeleton').first().waitFor({ state: 'detached' });
  await page.waitForTimeout(SETTLE_MS);
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  console.log(`docs/pictures/${name}.png`);
};

await mkdir(PICTURES, { recursive: true });
const model = await startScriptedModel();
const drover = await startDrover({
  ANTHROPIC_API_KEY: 'scripted-no-model',
  ANTHROPIC_BASE_URL: model.url,
});
const dashboard = await openDashboard(drover);
try {
  const config = join(drover.root, 'ask.yml');
  await writeFile(config, 'gates: { conflict: ask, test: ask }\nparallel: 3\n');
  const repository = await makeDemoRepository(drover.home, process.env);
  const start = async (...more: readonly string[]) => {
    const args = ['run', DEMO_GOAL, '--repo', repository, '--yes', '--detach', ...more];
    const { code, stdout, stderr } = await drover.cli(args);
    if (code !== 0) throw new Error(stderr);
    return swarmHandle(await drover.client(), stdout.trim());
  };
  const alone = await start();
  await completed(alone);
  const swarm = await start('--config', config);

  const page = await dashboard.open(`/swarms/${swarm.id}`, SIZE);
  await until(
    async () => {
      const { counts } = await swarm.state();
      return counts.in_progress > 1 && counts.completed > 0;
    },
    PATIENCE_SECONDS,
    'some tasks are done, some in work',
  );
  await page.locator('.task-node', { hasText: 'in progress' }).first().waitFor();
  await photograph(page, 'swarm');

  const open = async () => (await swarm.decisions()).filter(({ answer }) => answer === undefined);
  await until(
    async () => (await open()).some(({ kind }) => kind === 'conflict'),
    PATIENCE_SECONDS,
    'a conflict waits for an answer',
  );
  await page.goto(`${dashboard.url}/`);
  await page.getByRole('heading', { name: 'Waiting for you' }).waitFor();
  await photograph(page, 'overview');
  await page.goto(`${dashboard.url}/swarms/${swarm.id}/decisions`);
  await page
    .getByRole('button', { name: /^Approve d\d+$/ })
    .first()
    .waitFor();
  await photograph(page, 'decision');
  await until(
    async () => {
      for (const { id } of await open()) await swarm.signal('resolveDecision', { id, action: 'approve' });
      return (await swarm.state()).endedAt !== undefined;
    },
    PATIENCE_SECONDS,
    'the swarm ends',
  );
  await page.goto(`${dashboard.url}/swarms/${swarm.id}/merge`);
  await page.locator('table.heat').waitFor();
  await photograph(page, 'merge-train');
} finally {
  await dashboard.close();
  await drover.close();
  await model.close();
}
