/**
 * All swarms that this machine or its Temporal server knows: running and ended ones by visibility, those whose
 * history is gone by the reports on the disk. Also finds one by the beginning of its id.
 */
import { readdir } from 'node:fs/promises';
import { defineSearchAttributeKey } from '@temporalio/common';
import { DroverFailure } from '../domain/failures.ts';
import { isSwarmId } from '../domain/names.ts';
import { SEARCH_ATTRIBUTES, WORKFLOWS } from '../domain/protocol.ts';
import { PHASES, type Phase } from '../domain/swarm/swarm.ts';
import { clip } from '../domain/text.ts';
import { errorCode } from '../store/files.ts';
import type { Home } from '../store/home.ts';
import { readReport } from '../store/reports.ts';
import type { DroverClient } from './client.ts';
import { calling } from './temporal-errors.ts';

export interface SwarmSummary {
  readonly id: string;
  /** Its beginning, as far as the record knows it: `withGoals` adds it. */
  readonly goal?: string;
  readonly phase: Phase;
  readonly running: boolean;
  readonly repository: string;
  readonly awaitingDecision: boolean;
  readonly costUsd: number;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly endedAt?: string;
  /** A lead leads it. */
  readonly team?: true;
  /** Known from its report alone: Temporal's retention is over. */
  readonly archived: boolean;
}

/** Swarms of both kinds. */
export const SWARMS_QUERY = `WorkflowType IN ('${WORKFLOWS.swarm}', '${WORKFLOWS.team}')`;

const LIST_TIMEOUT_MS = 15_000;
const LIST_LIMIT = 10_000;
/** Of a list; the swarm itself has all of it. */
export const GOAL_LENGTH = 300;

const attributes = {
  phase: defineSearchAttributeKey(SEARCH_ATTRIBUTES.phase, 'KEYWORD'),
  repository: defineSearchAttributeKey(SEARCH_ATTRIBUTES.repository, 'KEYWORD'),
  awaitingDecision: defineSearchAttributeKey(SEARCH_ATTRIBUTES.awaitingDecision, 'BOOL'),
  costUsd: defineSearchAttributeKey(SEARCH_ATTRIBUTES.costUsd, 'DOUBLE'),
};

const isPhase = (value: unknown): value is Phase => PHASES.some((phase) => phase === value);

/** A swarm that was terminated in Temporal cannot say its last phase; the status of its workflow can. */
const phaseOf = (status: string, attribute: unknown): Phase => {
  if (status === 'RUNNING') return isPhase(attribute) ? attribute : 'planning';
  if (isPhase(attribute) && ['completed', 'failed', 'cancelled'].includes(attribute)) return attribute;
  if (status === 'COMPLETED') return 'completed';
  return status === 'CANCELLED' ? 'cancelled' : 'failed';
};

const fromVisibility = (client: DroverClient): Promise<SwarmSummary[]> =>
  calling('swarms', () =>
    client.temporal.connection.withDeadline(Date.now() + LIST_TIMEOUT_MS, async () => {
      const found: SwarmSummary[] = [];
      const firstStart = new Map<string, string>();
      const query = SWARMS_QUERY;
      for await (const execution of client.temporal.workflow.list({ query, pageSize: 200 })) {
        const { status, typedSearchAttributes: values } = execution;
        if (!isSwarmId(execution.workflowId)) continue;
        const start = execution.startTime.toISOString();
        const earlier = firstStart.get(execution.workflowId);
        firstStart.set(execution.workflowId, earlier !== undefined && earlier < start ? earlier : start);
        if (status.name === 'CONTINUED_AS_NEW') continue;
        found.push({
          id: execution.workflowId,
          phase: phaseOf(status.name, values.get(attributes.phase)),
          running: status.name === 'RUNNING',
          repository: values.get(attributes.repository) ?? '',
          awaitingDecision: status.name === 'RUNNING' && (values.get(attributes.awaitingDecision) ?? false),
          costUsd: values.get(attributes.costUsd) ?? 0,
          startedAt: start,
          ...(execution.closeTime === undefined ? {} : { endedAt: execution.closeTime.toISOString() }),
          ...(execution.type === WORKFLOWS.team ? { team: true as const } : {}),
          archived: false,
        });
        if (found.length >= LIST_LIMIT) break;
      }
      return found.map((swarm) => ({ ...swarm, startedAt: firstStart.get(swarm.id) ?? swarm.startedAt }));
    }),
  );

const namesIn = async (directory: string): Promise<readonly string[]> => {
  try {
    return await readdir(directory);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
};

/** Ids of the swarms that have a directory on this machine. */
export const swarmsOnDisk = async (home: Home): Promise<readonly string[]> =>
  (await namesIn(home.runsDirectory))
    .filter((name) => name.startsWith('run-') && isSwarmId(name.slice(4)))
    .map((name) => name.slice(4));

const fromReports = async (home: Home, known: ReadonlySet<string>): Promise<SwarmSummary[]> => {
  const found: SwarmSummary[] = [];
  for (const id of await swarmsOnDisk(home)) {
    const report = known.has(id) ? undefined : await readReport(home, id);
    if (report === undefined) continue;
    found.push({
      id,
      goal: clip(report.goal, GOAL_LENGTH),
      phase: report.outcome,
      running: false,
      repository: report.repository,
      awaitingDecision: false,
      costUsd: report.usage.costUsd,
      startedAt: report.startedAt,
      endedAt: report.endedAt,
      archived: true,
    });
  }
  return found;
};

/** Newest first. Reports alone when there is no server to ask. */
export const listSwarms = async (home: Home, client?: DroverClient): Promise<readonly SwarmSummary[]> => {
  const live = client === undefined ? [] : await fromVisibility(client);
  const archived = await fromReports(home, new Set(live.map((swarm) => swarm.id)));
  return [...live, ...archived].sort((a, b) => b.startedAt.localeCompare(a.startedAt));
};

const several = (wanted: string, matches: readonly SwarmSummary[]): DroverFailure =>
  new DroverFailure('invalidInput', `"${wanted}" is the beginning of ${matches.length} swarms' ids`, {
    hint: `give more of the id: ${matches
      .slice(0, 5)
      .map((swarm) => swarm.id)
      .join(', ')}`,
  });

/**
 * The swarm whose id is `wanted` or begins with it. Visibility lags behind by up to a second, so an id that is
 * not listed is also looked up by itself.
 */
export const findSwarm = async (client: DroverClient, wanted: string): Promise<string> => {
  const swarms = await listSwarms(client.home, client);
  if (swarms.some((swarm) => swarm.id === wanted)) return wanted;
  const matches = wanted === '' ? [] : swarms.filter((swarm) => swarm.id.startsWith(wanted));
  if (matches.length > 1) throw several(wanted, matches);
  if (matches[0] !== undefined) return matches[0].id;
  if (isSwarmId(wanted)) {
    try {
      await calling(`swarm ${wanted}`, () => client.temporal.workflow.getHandle(wanted).describe());
      return wanted;
    } catch (error) {
      if (!(error instanceof DroverFailure) || error.type !== 'notFound') throw error;
    }
  }
  throw new DroverFailure('notFound', `There is no swarm "${wanted}"`, {
    hint:
      swarms[0] === undefined
        ? 'drover run starts one'
        : `drover status lists them; the newest is ${swarms[0].id}`,
  });
};

/** For commands that only look: the one that runs, or else the newest. */
export const latestSwarm = async (client: DroverClient, among: 'all' | 'teams' = 'all'): Promise<string> => {
  const all = await listSwarms(client.home, client);
  const swarms = among === 'teams' ? all.filter(({ team }) => team) : all;
  const running = swarms.filter((swarm) => swarm.running);
  const choice = running.length === 1 ? running[0] : swarms[0];
  if (choice !== undefined) return choice.id;
  throw among === 'teams'
    ? new DroverFailure('notFound', 'There is no team yet', { hint: 'drover team start "<goal>" starts one' })
    : new DroverFailure('notFound', 'There is no swarm yet', { hint: 'drover run "<goal>" starts one' });
};
