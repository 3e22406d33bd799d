/** Sees to it that every swarm is followed: those that run now, and those that ended while nobody looked. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isSwarmId } from '../../domain/names.ts';
import { forgetAnswers } from '../../store/answers.ts';
import { forgetBefore } from '../../store/archive.ts';
import type { Store } from '../../store/database.ts';
import { finishedSwarms } from '../../store/events.ts';
import type { DroverClient } from '../client.ts';
import { SWARMS_QUERY } from '../list-swarms.ts';
import { followPatiently } from './follow-swarm.ts';
import type { News } from './hub.ts';

export interface RecorderOptions {
  readonly client: DroverClient;
  readonly store: Store;
  readonly onNews: (news: News) => void;
  readonly retentionDays: number;
  readonly say: (line: string) => void;
}

export interface Recorder {
  /** Visibility lags behind; who knows of a swarm says so. */
  follow(swarmId: string): void;
  close(): Promise<void>;
}

const LOOK_MS = 1_000;
const LIST_TIMEOUT_MS = 15_000;
const PAGE = 500;
/** After a long time without the API, ended swarms are read some at a time. Running ones never wait. */
const AT_ONCE = 20;
/** Visibility may be behind by so much. */
const OVERLAP_MS = 120_000;
const DAY_MS = 86_400_000;
const TIDY_MS = 3_600_000;
const ANSWERS_MS = DAY_MS;

export const startRecorder = (options: RecorderOptions): Recorder => {
  const { client, store, say } = options;
  const stop = new AbortController();
  const followed = new Map<string, Promise<void>>();
  const ended = new Set<string>();

  const follow = (swarmId: string): void => {
    if (followed.has(swarmId) || ended.has(swarmId) || stop.signal.aborted) return;
    const following = followPatiently({ ...options, swarmId, signal: stop.signal }, say).then(() => {
      followed.delete(swarmId);
      ended.add(swarmId);
    });
    followed.set(swarmId, following);
  };

  /** Running ones, and those that have ended since `since`. @returns false when some of those must wait */
  const look = async (since: number): Promise<boolean> => {
    let all = true;
    const { temporal } = client;
    const closed = `CloseTime > '${new Date(since).toISOString()}'`;
    const query = `${SWARMS_QUERY} AND (ExecutionStatus = 'Running' OR ${closed})`;
    await temporal.connection.withDeadline(Date.now() + LIST_TIMEOUT_MS, async () => {
      for await (const { workflowId, status } of temporal.workflow.list({ query, pageSize: PAGE })) {
        if (!isSwarmId(workflowId) || ended.has(workflowId)) continue;
        const full = status.name !== 'RUNNING' && followed.size >= AT_ONCE && !followed.has(workflowId);
        if (full) all = false;
        else follow(workflowId);
      }
    });
    return all;
  };

  const tidy = async (): Promise<void> => {
    const before = (ms: number): string => new Date(Date.now() - ms).toISOString();
    await forgetAnswers(store, before(ANSWERS_MS));
    const count = await forgetBefore(store, before(options.retentionDays * DAY_MS));
    if (count > 0) say(`forgot ${count} swarms that ended more than ${options.retentionDays} days ago`);
  };

  const run = async (): Promise<void> => {
    // What is older was forgotten, or will be at once; Temporal may keep it for longer.
    let since = Date.now() - options.retentionDays * DAY_MS;
    let first = true;
    let tidyAt = 0;
    let said = '';
    while (!stop.signal.aborted) {
      const now = Date.now();
      try {
        if (first) for (const id of await finishedSwarms(store)) ended.add(id);
        first = false;
        if (await look(since)) since = now - OVERLAP_MS;
        if (now >= tidyAt) {
          tidyAt = now + TIDY_MS;
          await tidy();
        }
        said = '';
      } catch (error) {
        const line = error instanceof Error ? error.message : String(error);
        if (line !== said) say(`looking for swarms: ${line}`);
        said = line;
      }
      await sleep(LOOK_MS, undefined, { signal: stop.signal }).catch(() => {});
    }
  };
  const running = run();

  return {
    follow,
    close: async () => {
      stop.abort();
      await running;
      await Promise.all(followed.values());
    },
  };
};
