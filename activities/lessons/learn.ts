/** Reads what an ended swarm teaches from its report and from the run directories of its agents. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { log } from '@temporalio/activity';
import type { AgentResult, AgentSpec } from '../../domain/agents/agent.ts';
import { findingsOf, type AttemptFact } from '../../domain/lessons/lessons.ts';
import type { Report } from '../../domain/report/report.ts';
import type { SwarmSettings } from '../../domain/swarm/settings.ts';
import type { Store } from '../../store/database.ts';
import { errorCode, readIfThere } from '../../store/files.ts';
import type { SwarmDirectory } from '../../store/home.ts';
import { learn } from '../../store/lessons.ts';
import { readHubRecord } from '../git/hub.ts';
import { withoutSecrets } from './without-secrets.ts';

/** Newest agents that are read; a swarm of 10,000 teaches no more than that. */
const AGENTS = 1_000;

const factOf = async (directory: string): Promise<AttemptFact[]> => {
  const [specText, resultText] = await Promise.all(
    ['spec.json', 'result.json'].map((name) => readIfThere(join(directory, name))),
  );
  if (specText === undefined || resultText === undefined) return [];
  const spec = JSON.parse(specText) as AgentSpec;
  const result = JSON.parse(resultText) as AgentResult;
  return [
    {
      taskId: spec.taskId,
      title: spec.title,
      category: spec.category,
      executor: spec.executor,
      files: spec.files,
      attempt: spec.attempt,
      outcome: result.outcome,
      summary: result.summary,
      seconds: Math.max(0, (Date.parse(result.endedAt) - Date.parse(result.startedAt)) / 1_000),
      costUsd: result.usage.costUsd,
      ...(spec.fix === undefined ? {} : { mends: spec.fix.kind }),
    },
  ];
};

const attemptsOf = async (swarm: SwarmDirectory): Promise<readonly AttemptFact[]> => {
  let names: string[];
  try {
    names = await readdir(swarm.agentsDirectory);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
  const facts: AttemptFact[] = [];
  for (const name of names.slice(-AGENTS)) facts.push(...(await factOf(join(swarm.agentsDirectory, name))));
  return facts.sort((a, b) => a.attempt - b.attempt);
};

/** Did what it was told help the task? Its first attempt alone saw the lessons without other notes. */
const helped =
  (report: Report) =>
  (taskId: string): boolean | undefined => {
    if (taskId === '') return report.outcome === 'cancelled' ? undefined : report.outcome === 'completed';
    const task = report.tasks.find(({ id }) => id === taskId);
    if (task?.state === 'completed') return task.attempts === 1;
    return task?.state === 'failed' || task?.state === 'timeout' ? false : undefined;
  };

export type Learn = (
  swarm: SwarmDirectory,
  report: Report,
  settings: Pick<SwarmSettings, 'build' | 'test'>,
) => Promise<void>;

const learnFrom = async (
  store: Store,
  ...[swarm, report, { build, test }]: Parameters<Learn>
): Promise<void> => {
  const found = findingsOf({ report, build, test, attempts: await attemptsOf(swarm) });
  const findings = await Promise.all(
    found.map(async (finding) => ({
      ...finding,
      subject: await withoutSecrets(finding.subject),
      text: await withoutSecrets(finding.text),
    })),
  );
  await learn(store, {
    swarmId: report.swarmId,
    repository: (await readHubRecord(swarm.hub))?.repository ?? report.repository,
    findings,
    helped: helped(report),
  });
};

/** A swarm whose lessons cannot be kept has ended all the same. */
export const learnInto =
  (store: Store): Learn =>
  async (...about) => {
    try {
      await learnFrom(store, ...about);
    } catch (error) {
      log.warn(`The lessons of ${about[1].swarmId} are lost: ${String(error)}`);
    }
  };
