/** What is worth telling a planner or an agent of earlier swarms on the repository. */
import { log } from '@temporalio/activity';
import { chooseLessons, type Work } from '../../domain/lessons/choice.ts';
import type { Lesson } from '../../domain/lessons/lessons.ts';
import type { Store } from '../../store/database.ts';
import { listLessons, recordUses } from '../../store/lessons.ts';
import { readHubRecord } from '../git/hub.ts';

/** @returns texts, the most telling first; who is told what is written down */
export type Recall = (input: {
  readonly swarmId: string;
  /** Empty for the planner. */
  readonly taskId: string;
  /** Tells the repository. */
  readonly hub: string;
  readonly work: Work;
  /** What all of them together may take. */
  readonly tokens: number;
}) => Promise<readonly string[]>;

/** All that is known of the repository; nothing without a store. */
export type Known = (hub: string) => Promise<readonly Lesson[]>;

export const knownFrom =
  (store: Store): Known =>
  async (hub) => {
    try {
      const record = await readHubRecord(hub);
      return record === undefined ? [] : await listLessons(store, record.repository);
    } catch (error) {
      log.warn(`Lessons cannot be read: ${String(error)}`);
      return [];
    }
  };

/** Without a store nothing is told, and the work goes on. */
export const recallFrom =
  (store: Store): Recall =>
  async ({ swarmId, taskId, hub, work, tokens }) => {
    if (tokens <= 0) return [];
    const chosen = chooseLessons(await knownFrom(store)(hub), work, tokens);
    await recordUses(store, swarmId, taskId, chosen).catch((error: unknown) =>
      log.warn(`Who is told which lesson is not kept: ${String(error)}`),
    );
    return chosen.map(({ text }) => text);
  };
