/** The end of a swarm on this host: no agent, no process of one and no workspace is left. Hub and logs stay. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentSpec } from '../../domain/agents/agent.ts';
import { crashPoint } from '../../store/crash-point.ts';
import { errorCode, readIfThere } from '../../store/files.ts';
import { removeHalfWritten } from '../../store/half-written.ts';
import { agentDirectory, type AgentDirectory, type SwarmDirectory } from '../../store/home.ts';
import { removeTree, removeWorkspace } from '../git/workspace.ts';
import { endMarked } from '../process/sweep.ts';
import { endAgent } from './end-agent.ts';
import { readClaim, readResult, settle } from './run-files.ts';

/** Agents ended or workspaces removed at once. */
const AT_ONCE = 8;

/** A workspace, or one that was half made or half removed. That of a verification or of a
 * conflict is named by its marker. What a person works in is no workspace: it stays for `drover cleanup`. */
const WORKSPACE_NAME =
  /^(agent-[0-9]{1,6}(\.[0-9]{1,4})?|(verify|conflict)-[0-9a-f]+)(\.(making|removing)-[0-9a-f]{12})?$/;

const names = (path: string): Promise<string[]> =>
  readdir(path).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });

const forEach = async <T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> => {
  const queue = items.values();
  const work = async (): Promise<void> => {
    for (const item of queue) await act(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
};

interface Agent {
  readonly directory: AgentDirectory;
  readonly spec: AgentSpec;
}

/** Names that Drover did not make are none of its agents. */
const AGENT_NAME = /^agent-[0-9]{1,6}(\.[0-9]{1,4})?$/;

const agentsOf = async (swarm: SwarmDirectory): Promise<readonly Agent[]> => {
  const agents: Agent[] = [];
  await forEach(
    (await names(swarm.agentsDirectory)).filter((name) => AGENT_NAME.test(name)),
    async (name) => {
      const directory = agentDirectory(swarm, name);
      const text = await readIfThere(directory.spec);
      if (text !== undefined) agents.push({ directory, spec: JSON.parse(text) as AgentSpec });
    },
  );
  return agents;
};

/** @param removePods removes what the swarm has in a namespace of the cluster */
export const closeSwarm = async (
  swarm: SwarmDirectory,
  removePods: (namespace: string | undefined) => Promise<void> = async () => undefined,
): Promise<void> => {
  const agents = await agentsOf(swarm);
  const inPods = agents.flatMap(({ spec }) => spec.pod ?? []);
  for (const namespace of new Set(inPods.map((pod) => pod.namespace))) await removePods(namespace);
  await forEach(agents, async ({ directory, spec }) => {
    if ((await readResult(directory)) !== undefined) return;
    // With a result nobody starts it any more.
    if (spec.pod !== undefined) await settle(directory, spec, 'cancelled', 'The swarm ended');
    else if ((await readClaim(directory)) === undefined)
      await settle(directory, spec, 'cancelled', 'The swarm ended before the agent started');
    else await endAgent(directory, spec);
  });
  const workspaces = (await names(swarm.root)).filter((name) => WORKSPACE_NAME.test(name));
  const markers = [
    ...agents.map(({ spec }) => spec.marker),
    ...workspaces.flatMap((name) => /^(?:verify|conflict)-([0-9a-f]+)/.exec(name)?.[1] ?? []),
  ];
  await endMarked(new Set(markers), { graceMs: 0 });
  crashPoint('cleanup.before');
  await forEach(workspaces, async (name) => {
    await removeWorkspace(join(swarm.root, name));
  });
  await removeTree(swarm.cacheDirectory);
  const written = [
    swarm.root,
    swarm.artifactsDirectory,
    swarm.verifyDirectory,
    join(swarm.hub, 'drover', 'agents'),
  ];
  await forEach([...written, ...agents.map(({ directory }) => directory.root)], removeHalfWritten);
};
