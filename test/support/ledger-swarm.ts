/** A swarm on the ledger project, with everything that the checker needs to judge it afterwards. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SwarmHandle } from '../../api/swarm-handle.ts';
import type { SwarmSettings } from '../../domain/swarm/settings.ts';
import { resultBranch } from '../../domain/names.ts';
import type { Drover } from './drover.ts';
import { violations, type Evidence } from './invariants.ts';
import { snapshotRepository, type RepositorySnapshot } from './invariants/snapshot.ts';
import { LEDGER, ledgerFiles, ledgerTask, type LedgerTask } from './ledger.ts';
import { git, makeRepository } from './repository.ts';

export interface LedgerSwarm {
  readonly repository: string;
  readonly swarm: SwarmHandle;
  /** Lines `<agent> <task>` of the agents that have started. */
  started(): Promise<string[]>;
  /** What is wrong, after the end of the swarm. */
  violations(): Promise<string[]>;
  /** Tree of the result branch: equal for two swarms that did the same work. */
  resultTree(): Promise<string>;
}

/** Before a swarm exists: its repository, and what that was like. */
interface LedgerProject {
  readonly repository: string;
  readonly journal: string;
  readonly before: RepositorySnapshot;
}

const ledgerProject = async (
  drover: Drover,
  name: string,
  ids: readonly string[],
): Promise<LedgerProject> => {
  const repository = join(drover.root, name);
  await makeRepository(repository, ledgerFiles(ids));
  return {
    repository,
    journal: join(drover.root, `${name}.journal`),
    before: await snapshotRepository(repository),
  };
};

export const startLedgerSwarm = async (
  drover: Drover,
  name: string,
  tasks: readonly LedgerTask[],
  settings: Partial<SwarmSettings> = {},
  start: Drover['start'] = (...args) => drover.start(...args),
): Promise<LedgerSwarm> => {
  const project = await ledgerProject(
    drover,
    name,
    tasks.map((task) => task.id),
  );
  const { repository, journal, before } = project;
  const swarm = await start(repository, tasks.map(ledgerTask), {
    ...settings,
    env: { LEDGER_JOURNAL: journal, ...settings.env },
  });
  const evidence: Evidence = {
    home: drover.home,
    swarmId: swarm.id,
    repository,
    before,
    journal,
    ledger: LEDGER,
  };
  return {
    repository,
    swarm,
    started: async () =>
      (await readFile(journal, 'utf8').catch(() => '')).split('\n').filter((line) => line !== ''),
    violations: () => violations(evidence),
    resultTree: () => git(repository, 'rev-parse', `${resultBranch(swarm.id)}^{tree}`),
  };
};
