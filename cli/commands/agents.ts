/** `drover agents`: the agents of a swarm, those at work and those that have ended. */
import type { Command } from 'commander';
import { agentReader, type AgentRecord } from '../../api/agent-records.ts';
import { isRunning } from '../../api/swarm-actions.ts';
import { asMetered } from '../../api/swarm-costs.ts';
import type { SwarmHandle } from '../../api/swarm-handle.ts';
import { answer, command, lookOf, type Cli, type CommonOptions } from '../cli.ts';
import { lastWordsReader } from '../follow/last-words.ts';
import { columns, cost, elapsed, type Cell } from '../output/format.ts';
import { oneLine } from '../output/one-line.ts';
import type { Look } from '../views/swarm-view.ts';
import { SWARM_OR_LATEST, withStoreIfAny, withSwarmOrLatest } from '../reach.ts';

interface AgentRow extends AgentRecord {
  readonly running: boolean;
  readonly lastLine?: string;
}

const rowsOf = async (swarm: SwarmHandle): Promise<readonly AgentRow[]> => {
  const tasks = await swarm.tasks();
  const atWork = new Map(
    tasks.flatMap((task) =>
      isRunning(task) && task.agentId !== undefined ? [[task.agentId, task] as const] : [],
    ),
  );
  const onDisk = await agentReader(swarm.directory)();
  const words = await lastWordsReader(swarm.directory)(
    onDisk.filter((agent) => agent.outcome === undefined).map((agent) => agent.agentId),
  );
  const known = new Set(onDisk.map((agent) => agent.agentId));
  const elsewhere = [...atWork].flatMap(([agentId, task]): AgentRecord[] =>
    known.has(agentId) ? [] : [{ agentId, taskId: task.id }],
  );
  return [...onDisk, ...elsewhere].map((agent) => {
    const lastLine = words.get(agent.agentId);
    return {
      ...agent,
      running: (atWork.has(agent.agentId) || agent.fixes !== undefined) && agent.outcome === undefined,
      ...(lastLine === undefined ? {} : { lastLine }),
    };
  });
};

const cells = (agent: AgentRow, look: Look): readonly Cell[] => {
  const { style } = look;
  const state = agent.outcome?.replaceAll('_', ' ') ?? (agent.running ? 'at work' : 'starting or lost');
  const paint = agent.running ? style.cyan : agent.outcome === 'completed' ? style.green : style.red;
  return [
    { text: agent.agentId, paint: style.bold },
    { text: agent.fixes === undefined ? agent.taskId : `${agent.fixes} of ${agent.taskId}` },
    { text: state, paint },
    {
      text: oneLine(
        [agent.executor, agent.model].filter((word) => word !== undefined && word !== '').join(' '),
        40,
      ),
    },
    { text: elapsed(agent.startedAt, agent.endedAt, look.now) },
    { text: agent.usage === undefined ? '' : cost(agent.usage) },
    { text: oneLine(agent.lastLine ?? agent.summary ?? ''), paint: style.dim },
  ];
};

export const agentsCommand = (cli: Cli): Command =>
  command('agents', 'List the agents of a swarm, at work and ended', [
    'agents',
    'agents add-search-k3f9 --json',
  ])
    .argument('[swarm]', SWARM_OR_LATEST)
    .action((wanted: string | undefined, options: CommonOptions) =>
      withSwarmOrLatest(cli, wanted, async (swarm) => {
        const rows = await rowsOf(swarm);
        const agents = (await withStoreIfAny(cli, ({ db }) => asMetered(db, swarm.id, rows))) ?? rows;
        const look = lookOf(cli);
        answer(cli, options, {
          json: { swarmId: swarm.id, agents },
          lines:
            agents.length === 0
              ? [`No agent of ${swarm.id} has started yet`]
              : columns(
                  agents.map((agent) => cells(agent, look)),
                  look.width,
                ),
        });
      }),
    );
