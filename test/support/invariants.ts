/**
 * What must hold after a swarm, whatever was killed while it ran. One checker for all fault tests; it reads what
 * is on disk (the hub, the user's repository, the run directories, the report) and believes nobody.
 */
import { readFile } from 'node:fs/promises';
import { HUB_BASE_BRANCH, HUB_RESULT_BRANCH, agentBranch } from '../../domain/names.ts';
import type { Report } from '../../domain/report/report.ts';
import type { Usage } from '../../domain/models/usage.ts';
import { swarmDirectory, type Home } from '../../store/home.ts';
import { agentsOf, leftoverProcessViolations, startViolations } from './invariants/agents.ts';
import { leftoverViolations } from './invariants/leftovers.ts';
import { agentResults, costViolations, decisionViolations } from './invariants/records.ts';
import { refViolations } from './invariants/refs.ts';
import { ledgerViolations, resultViolations } from './invariants/result.ts';
import { snapshotRepository, untouchedViolations, type RepositorySnapshot } from './invariants/snapshot.ts';

export interface Evidence {
  readonly home: Home;
  readonly swarmId: string;
  /** The user's repository and what it was before. */
  readonly repository: string;
  readonly before: RepositorySnapshot;
  /** File outside of the workspaces in which agents wrote `<agent id> <task id>` when they started. */
  readonly journal?: string;
  /** Path in the repository of the file that tasks write `done <task id>` into. */
  readonly ledger?: string;
  /**
   * What the gateway counted, where agents ask models: an agent that was killed does not know it all.
   * @default what the agents wrote down
   */
  readonly counted?: { readonly agents: readonly Usage[]; readonly others: Usage };
}

const recordedRefs = async (report: Report, evidence: Evidence): Promise<Map<string, Set<string>>> => {
  const swarm = swarmDirectory(evidence.home, evidence.swarmId);
  const recorded = new Map<string, Set<string>>([
    [`refs/heads/${HUB_BASE_BRANCH}`, new Set([report.baseCommit])],
    [
      `refs/heads/${HUB_RESULT_BRANCH}`,
      new Set([report.baseCommit, ...report.landings.map((landing) => landing.mergeCommit)]),
    ],
  ]);
  // What a person resolved is the branch that landed.
  const byHand = report.decisions
    .filter(({ answer }) => answer?.action === 'done')
    .flatMap((one) => one.taskIds);
  for (const { taskId, commit } of report.landings)
    if (byHand.includes(taskId)) recorded.set(`refs/heads/manual-${taskId}`, new Set([commit]));
  for (const result of await agentResults(swarm))
    if (result.commit !== undefined)
      recorded.set(`refs/heads/${agentBranch(result.agentId)}`, new Set([result.commit]));
  return recorded;
};

/** Everything that is wrong after the swarm; an empty list when all invariants hold. */
export const violations = async (evidence: Evidence): Promise<string[]> => {
  const swarm = swarmDirectory(evidence.home, evidence.swarmId);
  const report = JSON.parse(await readFile(swarm.reportJson, 'utf8')) as Report;
  const agents = await agentsOf(swarm);
  const journal = evidence.journal === undefined ? '' : await readFile(evidence.journal, 'utf8');
  const delivered = report.result && ([`refs/heads/${report.result.branch}`, report.result.commit] as const);
  return [
    ...(await resultViolations(swarm.hub, report)),
    ...(evidence.ledger === undefined ? [] : await ledgerViolations(swarm.hub, report, evidence.ledger)),
    ...startViolations(journal, agents),
    ...(await leftoverProcessViolations(agents)),
    ...(await refViolations(swarm.hub, await recordedRefs(report, evidence))),
    ...(await leftoverViolations(swarm, evidence.repository)),
    ...untouchedViolations(evidence.before, await snapshotRepository(evidence.repository), delivered),
    ...decisionViolations(report),
    ...costViolations(
      report,
      evidence.counted?.agents ?? (await agentResults(swarm)).map(({ usage }) => usage),
      evidence.counted?.others,
    ),
  ];
};
