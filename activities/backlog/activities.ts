/** What a run through a backlog does around its swarms: claims features for the next one, ends the claims of the last. */
import {
  featureEnds,
  roundEnds,
  taskOfFeature,
  type Feature,
  type ReleaseState,
} from '../../domain/backlog/backlog.ts';
import { BACKLOG_DEFINITIONS, type NextRound } from '../../domain/backlog/run.ts';
import { toDollars, toMicros } from '../../domain/models/money.ts';
import { DroverFailure } from '../../domain/failures.ts';
import type { SharedBudget } from '../../domain/swarm/settings.ts';
import type { SwarmStart } from '../../domain/swarm/start.ts';
import { readSpending } from '../../store/budgets.ts';
import { claimFeatures } from '../../store/backlog/claim.ts';
import { countsOf, featuresOf } from '../../store/backlog/read.ts';
import { freeSwarmFeatures, releaseFeatures } from '../../store/backlog/release.ts';
import { crashPoint } from '../../store/crash-point.ts';
import type { Store } from '../../store/database.ts';
import type { Home } from '../../store/home.ts';
import { readReport } from '../../store/reports.ts';
import { getDefinition } from '../../store/schedule-definitions.ts';
import { storeStart } from '../../store/swarm-start.ts';
import type { BacklogActivities } from '../contract/start.ts';
import { withFailures } from '../failures.ts';

export interface BacklogDependencies {
  readonly home: Home;
  readonly store: Store;
}

/** Less does not pay for one call. */
const LEAST_USD = 0.01;

const usedUp = (limit: number | undefined): string =>
  `the budget${limit === undefined ? '' : ` of $${limit.toFixed(2)}`} is used up`;

const leftOf = ({ limitUsd, spentUsd }: SharedBudget): number => limitUsd - spentUsd;

const roundStart = (
  start: SwarmStart,
  features: readonly Feature[],
  { number, base, money }: { readonly number: number; readonly base?: string; readonly money?: SharedBudget },
): SwarmStart => {
  const given = new Set(features.map(({ task }) => task.id));
  const goal = number === 1 ? start.goal : `${start.goal} (swarm ${number})`;
  return {
    ...start,
    goal,
    plan: { goal, summary: '', tasks: features.map((feature) => taskOfFeature(feature, given)) },
    ...(base === undefined ? {} : { base }),
    ...(money === undefined
      ? {}
      : {
          settings: {
            ...start.settings,
            budgetUsd: leftOf(money),
            ...(money.spentUsd === 0 ? {} : { sharedBudget: money }),
          },
        }),
  };
};

export const createBacklogActivities = ({ home, store }: BacklogDependencies): BacklogActivities => {
  const { db } = store;
  return withFailures<BacklogActivities>({
    nextRound: async ({
      repository,
      definition,
      swarmId,
      number,
      spentUsd,
      raisedUsd = 0,
      base,
    }): Promise<NextRound> => {
      const start = await getDefinition(store, BACKLOG_DEFINITIONS, definition);
      if (start?.backlog === undefined)
        throw new DroverFailure('notFound', 'What this run starts its swarms with is not in the store', {
          hint: 'it belongs to another store; start the run again with drover run',
        });
      const { batch, attempts } = start.backlog;
      const { budgetUsd } = start.settings;
      const money = budgetUsd === undefined ? undefined : { limitUsd: budgetUsd + raisedUsd, spentUsd };
      if (money !== undefined && leftOf(money) < LEAST_USD)
        return { kind: 'end', reason: usedUp(money.limitUsd) };
      // An earlier try of this step may have claimed them already.
      let features = await featuresOf(db, repository, swarmId);
      if (features.length === 0) {
        // What a run that was terminated left behind.
        await freeSwarmFeatures(db, repository);
        features = await claimFeatures(db, {
          repository,
          owner: { kind: 'swarm', id: swarmId },
          count: batch,
          retryBelow: attempts,
          together: true,
        });
      }
      crashPoint('backlog.before');
      if (features.length === 0) {
        const { pending, claimed, passing, failed } = await countsOf(db, repository);
        const open = [
          ...(failed === 0 ? [] : [`${failed} failed`]),
          ...(pending === 0 ? [] : [`${pending} wait for features that are not passing`]),
          ...(claimed === 0 ? [] : [`${claimed} are claimed by others`]),
        ];
        return {
          kind: 'end',
          reason:
            open.length === 0
              ? `all ${passing} features are passing`
              : `${passing} features are passing, ${open.join(', ')}`,
        };
      }
      const round = roundStart(start, features, {
        number,
        ...(base === undefined ? {} : { base }),
        ...(money === undefined ? {} : { money }),
      });
      return { kind: 'round', features: features.length, ...(await storeStart(home, swarmId, round)) };
    },

    endRound: async ({ repository, definition, swarmId, outcome, reason, spentUsd, raisedUsd = 0 }) => {
      const report = await readReport(home, swarmId);
      // A person, or the policy of the gate, has ended the spending: the next swarm would only ask again.
      const spending = await readSpending(db, swarmId);
      const broke = spending?.closed === true;
      const ends = roundEnds(report?.tasks ?? [], outcome, broke);
      const features = await featuresOf(db, repository, swarmId);
      await releaseFeatures(db, repository, featureEnds(features, ends, reason), swarmId);
      crashPoint('backlog.after');
      // Told from the report: a repeated step says the same although the claims are gone.
      const count = (state: ReleaseState): number =>
        [...ends.values()].filter((end) => end.state === state).length;
      const limit =
        definition === undefined
          ? undefined
          : (await getDefinition(store, BACKLOG_DEFINITIONS, definition))?.settings.budgetUsd;
      const given = limit === undefined || spentUsd === undefined ? undefined : limit + raisedUsd - spentUsd;
      const raise =
        given === undefined || spending?.limitMicros === undefined
          ? 0
          : toDollars(spending.limitMicros - toMicros(given));
      return {
        passing: count('passing'),
        failed: count('failed'),
        costUsd: report?.usage.costUsd ?? 0,
        ...(raise > 0 ? { raisedUsd: raise } : {}),
        ...(broke ? { over: usedUp(limit === undefined ? undefined : limit + raisedUsd) } : {}),
      };
    },
  });
};
