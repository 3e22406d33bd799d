/**
 * Works through the feature backlog of a repository: as many features as one swarm takes, then the next swarm on top
 * of what it left, until nothing is open that can be done. A feature that failed comes again until its attempts are
 * used up.
 */
import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  continueAsNew,
  defineQuery,
  isCancellation,
  setHandler,
  startChild,
  TemporalFailure,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type { BacklogInput, BacklogView } from '../domain/backlog/run.ts';
import { QUERIES, WORKFLOWS } from '../domain/protocol.ts';
import type { StoredStart } from '../domain/swarm/start.ts';
import { causeOf } from './failures.ts';
import { backlogs } from './proxies.ts';
import { asChild } from './swarm-child.ts';
import type { swarm } from './swarm.ts';

interface Carried {
  readonly view: BacklogView;
  /** What the ids of its swarms begin with. */
  readonly prefix: string;
}

type Round =
  | { readonly outcome: 'completed'; readonly branch?: string; readonly commit?: string }
  | { readonly outcome: 'failed' | 'cancelled'; readonly reason: string };

const backlogView = defineQuery<BacklogView>(QUERIES.backlog);
/** Rounds that the view lists; all are counted. */
const LISTED = 20;

export async function backlog({
  carried,
  ...input
}: BacklogInput & { readonly carried?: Carried }): Promise<BacklogView> {
  const { repository, definition } = input;
  const prefix = carried?.prefix ?? `${input.name}-${uuid4().slice(0, 6)}`;
  let view: BacklogView = carried?.view ?? {
    repository,
    state: 'working',
    rounds: 0,
    passing: 0,
    failed: 0,
    costUsd: 0,
    recent: [],
  };
  setHandler(backlogView, () => view, { description: 'How far the backlog is, and what works on it' });

  const end = (reason: string): BacklogView => {
    const { current: _, ...rest } = view;
    return (view = { ...rest, state: 'ended', reason });
  };
  for (;;) {
    if (workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof backlog>({ ...input, carried: { view, prefix } });
    const number = view.rounds + 1;
    const swarmId = `${prefix}-${number}`;
    const next = await backlogs.nextRound({
      repository,
      definition,
      swarmId,
      number,
      spentUsd: view.costUsd,
      ...(view.raisedUsd === undefined ? {} : { raisedUsd: view.raisedUsd }),
      ...(view.result === undefined ? {} : { base: view.result.commit }),
    });
    if (next.kind === 'end') return end(next.reason);
    const round = await work(swarmId, next, () => {
      view = { ...view, rounds: number, current: swarmId };
    });
    const reason = round.outcome === 'completed' ? '' : round.reason;
    const told = await CancellationScope.nonCancellable(() =>
      backlogs.endRound({
        repository,
        definition,
        swarmId,
        outcome: round.outcome,
        reason,
        spentUsd: view.costUsd,
        raisedUsd: view.raisedUsd ?? 0,
      }),
    );
    const { current: _, ...rest } = view;
    const { over, raisedUsd, ...counts } = told;
    view = {
      ...rest,
      passing: view.passing + told.passing,
      failed: view.failed + told.failed,
      costUsd: view.costUsd + told.costUsd,
      ...(raisedUsd === undefined ? {} : { raisedUsd: (view.raisedUsd ?? 0) + raisedUsd }),
      recent: [...view.recent, { swarmId, features: next.features, ...counts }].slice(-LISTED),
      ...(round.outcome === 'completed' && round.branch !== undefined && round.commit !== undefined
        ? { result: { branch: round.branch, commit: round.commit } }
        : {}),
    };
    // What was tried is tried so often at most; where nothing was, the next swarm would fare no better.
    if (over === undefined && round.outcome !== 'cancelled' && told.passing + told.failed > 0) continue;
    const ended = end(over ?? `swarm ${swarmId} ${round.outcome}${reason === '' ? '' : `: ${reason}`}`);
    if (CancellationScope.current().consideredCancelled) throw new CancelledFailure(ended.reason ?? '');
    return ended;
  }
}

const work = async (swarmId: string, stored: StoredStart, started: () => void): Promise<Round> => {
  try {
    const child = await startChild<typeof swarm>(WORKFLOWS.swarm, asChild(swarmId, stored));
    started();
    const { branch, commit } = await child.result();
    return {
      outcome: 'completed',
      ...(branch === undefined ? {} : { branch }),
      ...(commit === undefined ? {} : { commit }),
    };
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error;
    const failure = error.cause instanceof ApplicationFailure ? error.cause : error;
    return { outcome: isCancellation(error) ? 'cancelled' : 'failed', reason: causeOf(failure) };
  }
};
