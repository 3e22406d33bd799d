/**
 * Takes an agent's branch into the hub. Of the workspace nothing is read: the work comes as one bundle in the run
 * directory, or from a pod as a push, is checked against what the agent was given, and gets its branch by
 * compare-and-swap.
 */
import { changesOutside, claimsOfOthers, type FileClaim } from '../../domain/agents/declared-files.ts';
import { isNothing, NO_USAGE, type Usage } from '../../domain/models/usage.ts';
import { agentBranch } from '../../domain/names.ts';
import { crashPoint } from '../../store/crash-point.ts';
import { agentDirectory, swarmDirectory, type Home } from '../../store/home.ts';
import { recordKill, usageOfAllRuns } from '../agents/run-files.ts';
import type { HandedOver, WorkspaceActivities } from '../contract/agents.ts';
import { openMemoryDesk } from '../process/free-memory.ts';
import { promisedMemory } from '../process/promised-memory.ts';
import { withFailures } from '../failures.ts';
import type { Recall } from '../lessons/recall.ts';
import { examineWork } from './accepted-work.ts';
import type { SharedTexts } from './agent-context.ts';
import { moveRef, openHub, readAgentRecord, readRef } from './hub.ts';
import { takeBundle, takePush } from './incoming.ts';
import { prepareAgent } from './prepare-agent.ts';
import { planReader } from './stored.ts';
import { removeWorkspace } from './workspace.ts';

interface WorkspaceDeps {
  readonly home: Home;
  readonly recall: Recall;
  /** @default nothing is shared */
  readonly shared?: SharedTexts;
  /** Files that agents at work have claimed. @default none */
  readonly fileClaims?: (swarmId: string) => Promise<readonly FileClaim[]>;
  /** What the gateway counted of an agent. @default nothing, and its log says what it used */
  readonly metered?: (swarmId: string, agentId: string) => Promise<Usage>;
}

const NOTHING_SHARED: SharedTexts = { list: async () => [], read: async () => undefined };
const noClaims = (): Promise<readonly FileClaim[]> => Promise.resolve([]);

const handOver = async (
  { home, fileClaims = noClaims }: WorkspaceDeps,
  swarmId: string,
  agentId: string,
): Promise<HandedOver> => {
  const swarm = swarmDirectory(home, swarmId);
  const directory = agentDirectory(swarm, agentId);
  const branch = agentBranch(agentId);
  const hub = await openHub(swarm.hub);
  const asked = await readAgentRecord(swarm.hub, agentId);
  let commit = await readRef(hub, branch);
  const known = commit !== undefined;
  if (commit === undefined) {
    const given =
      asked.pushes === true ? await takePush(hub, agentId) : await takeBundle(hub, directory.bundle, branch);
    if ('refused' in given) return { kind: 'refused', reason: given.refused };
    commit = given.value;
  }
  const work = await examineWork(hub, commit, asked);
  if (!known) {
    if ('refused' in work) return { kind: 'refused', reason: work.refused };
    await moveRef(hub, branch, undefined, commit);
    crashPoint('handover.after');
  }
  crashPoint('cleanup.before');
  await removeWorkspace(directory.workspace);
  const claims = claimsOfOthers(await fileClaims(swarmId), agentId);
  const outside = 'changed' in work ? changesOutside(asked.files ?? [], work.changed, claims) : undefined;
  return { kind: 'accepted', commit, ...(outside === undefined ? {} : { outside }) };
};

export const createWorkspaceActivities = (deps: WorkspaceDeps): WorkspaceActivities => {
  const { home, recall, shared = NOTHING_SHARED } = deps;
  const readPlan = planReader();
  const memory = openMemoryDesk({ earlier: (freshMs) => promisedMemory(home, freshMs) });
  return withFailures<WorkspaceActivities>({
    prepareAgent: (input) => prepareAgent({ home, readPlan, recall, shared, memory }, input),
    handOver: ({ swarmId, agentId }) => handOver(deps, swarmId, agentId),
    discardAgent: async ({ swarmId, agentId, killed }) => {
      const directory = agentDirectory(swarmDirectory(home, swarmId), agentId);
      crashPoint('cleanup.before');
      await removeWorkspace(directory.workspace);
      if (killed !== undefined) await recordKill(directory, killed);
      const metered = (await deps.metered?.(swarmId, agentId)) ?? NO_USAGE;
      return { usage: isNothing(metered) ? await usageOfAllRuns(directory) : metered };
    },
  });
};
