// A run through a backlog, and the worker is killed as features are claimed or released: each is done exactly once.
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readBacklogRun, startBacklog } from '../../api/backlogs.ts';
import { addFeatures } from '../../store/backlog/add.ts';
import { listFeatures } from '../../store/backlog/read.ts';
import { openStore } from '../../store/database.ts';
import { QUIET_SETTINGS, startDrover, until } from '../support/drover.ts';
import { ledgerFiles, ledgerTask } from '../support/ledger.ts';
import { git, makeRepository } from '../support/repository.ts';

const NAMES = ['a', 'b', 'c', 'd'];

test.concurrent.each(['backlog.before', 'backlog.after'])('killed at %s', async (point) => {
  const drover = await startDrover({ DROVER_TEST: '1', DROVER_CRASH_AT: point });
  const store = await openStore({ file: drover.home.databaseFile });
  try {
    const repository = join(drover.root, 'project');
    await makeRepository(repository, ledgerFiles(NAMES));
    await addFeatures(
      store.db,
      repository,
      NAMES.map((id) => ledgerTask({ id, seconds: 0.1 })),
    );
    const client = await drover.client();
    const settings = { ...QUIET_SETTINGS, env: { LEDGER_JOURNAL: join(drover.root, 'journal') } };
    const start = { goal: 'keep the ledger', repository, approve: true, settings };
    await startBacklog(client, store, start, { batch: 2, attempts: 1 });
    const view = await until(
      async () => {
        const now = await readBacklogRun(client, repository).catch(() => undefined);
        return now?.state === 'ended' ? now : undefined;
      },
      240,
      'the backlog is done',
    );
    await access(join(drover.home.root, 'crashed'));
    expect(view).toMatchObject({ rounds: 2, passing: 4, failed: 0, reason: 'all 4 features are passing' });
    const text = await git(repository, 'show', `${view.result?.branch}:ledger.txt`);
    expect(text.match(/^done .*/gm)?.toSorted()).toEqual(NAMES.map((name) => `done ${name}`));
    for (const feature of await listFeatures(store.db, repository, { limit: 9 }))
      expect(feature).toMatchObject({ state: 'passing', attempts: 1 });
  } finally {
    await store.close();
    await drover.close();
  }
});
