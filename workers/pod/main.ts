/**
 * The runner in a pod of its own: the same runner, with what its host would have done before and after it.
 *
 *   node runner/pod.js /drover/handover/handover.json
 *
 * It takes the agent to itself, clones what the agent starts from, runs it, and hands its work in: pushed to the
 * agent's own ref, with events, closing words and result told to the gateway. On a volume that it shares with the host it only runs
 * the agent. What it prints is about itself, for whoever reads the pod's log. Exit codes: 0 when the result was told, 75 when another pod has the agent or it has ended, 64 for wrong
 * use, 70 for what should not happen.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PodHandover } from '../../activities/kubernetes/job.ts';
import type { AgentResult } from '../../domain/agents/agent.ts';
import { keptAnswer } from '../runner/answer.ts';
import { createEnding, type Ending } from '../runner/ending.ts';
import { cloneWorkspace, pushWork } from './hand-in.ts';
import { claimAgent, fetchMessages } from './host.ts';
import { createUplink } from './uplink.ts';
import { runSpec } from '../runner/run-spec.ts';

const EXIT = { done: 0, usage: 64, broken: 70, taken: 75 } as const;

const say = (line: string): void => console.log(line);

const readResult = (directory: string): AgentResult =>
  JSON.parse(readFileSync(join(directory, 'result.json'), 'utf8')) as AgentResult;

const failed = (result: AgentResult, summary: string): AgentResult => {
  const { commit: _, bundle: __, ...rest } = result;
  return { ...rest, outcome: 'failed', summary };
};

const broken = (agentId: string, startedAt: string, error: unknown): AgentResult => ({
  version: 1,
  agentId,
  outcome: 'setup_failed',
  summary: `The pod could not prepare the workspace: ${error instanceof Error ? error.message : String(error)}`,
  usage: {
    inputTokens: 0,
    outputTokens: 0,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    calls: 0,
    costUsd: 0,
    costIncomplete: false,
  },
  startedAt,
  endedAt: new Date().toISOString(),
  logTruncated: false,
});

/** With its own clone: everything of the agent is in the pod. */
const runWithClone = async (
  { spec, gateway }: PodHandover,
  host: NonNullable<PodHandover['host']>,
  pod: string,
  ending: Ending,
): Promise<number> => {
  const startedAt = new Date().toISOString();
  mkdirSync(join(spec.runDirectory, 'inbox'), { recursive: true });
  say(`Agent ${spec.agentId} of swarm ${spec.swarmId}`);
  if (!(await claimAgent(host, pod))) {
    say('Another pod has this agent, or it has ended');
    return EXIT.taken;
  }
  const uplink = createUplink({
    url: `${gateway.gatewayUrl}/api/callback`,
    token: gateway.token,
    file: join(spec.runDirectory, 'events.jsonl'),
    onRefused: () => ending.end('cancelled', 'The swarm does not want this agent any more'),
    say,
  });
  try {
    await cloneWorkspace(spec, host);
    say(`Works on ${spec.baseCommit} in ${spec.workspace}`);
  } catch (error) {
    await uplink.finish(broken(spec.agentId, startedAt, error), '');
    return EXIT.done;
  }
  const stopMessages = fetchMessages(host, join(spec.runDirectory, 'inbox'));
  lostWithItsPod(ending);
  const mine = await runSpec(spec, { modelAccess: { gateway }, own: process.env, ending });
  stopMessages();
  if (!mine) return EXIT.taken;
  const result = readResult(spec.runDirectory);
  say(`The agent has ended: ${result.outcome}`);
  const refusal = result.bundle === undefined ? undefined : await pushWork(spec, host);
  const told = await uplink.finish(
    refusal === undefined || result.commit === undefined ? result : failed(result, refusal),
    keptAnswer(spec.runDirectory),
  );
  say(told ? 'Work and result are handed in' : 'Nobody wants the result any more');
  return told ? EXIT.done : EXIT.taken;
};

/** Before the agent has started there is nothing to keep. The first process of a pod has no way to end but its own. */
const endEarly = (): void => process.exit(EXIT.taken);

/**
 * From now on an agent works. Whoever ends its pod is not Drover, which takes the whole Job and asks for no result: a
 * node is drained, a pod deleted. That is no fault of the agent, and costs it no attempt. Before the runner's own
 * handler, because the first reason counts.
 */
const lostWithItsPod = (ending: Ending): void => {
  process.off('SIGTERM', endEarly);
  process.on('SIGTERM', () => ending.end('lost', 'The pod was taken away: deleted, or its node is drained'));
};

const main = async (path: string): Promise<number> => {
  const handover = JSON.parse(readFileSync(path, 'utf8')) as PodHandover;
  const { spec, gateway, host } = handover;
  process.on('SIGTERM', endEarly);
  const ending = createEnding();
  if (process.env['HOME'] !== undefined) mkdirSync(process.env['HOME'], { recursive: true });
  if (host !== undefined)
    return runWithClone(handover, host, process.env['DROVER_AGENT_POD'] ?? 'unknown', ending);
  lostWithItsPod(ending);
  return (await runSpec(spec, { modelAccess: { gateway }, own: process.env, ending }))
    ? EXIT.done
    : EXIT.taken;
};

const start = async (): Promise<void> => {
  const [path] = process.argv.slice(2);
  try {
    if (path === undefined) console.error('Usage: pod <handover.json>');
    process.exitCode = path === undefined ? EXIT.usage : await main(path);
  } catch (error) {
    console.error(error);
    process.exitCode = EXIT.broken;
  }
  // Sockets of an executor that was left behind must not keep the pod alive.
  process.exit();
};
void start();
