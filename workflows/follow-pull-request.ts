/**
 * Follows a pull request until it is closed. Red checks and comments become a further swarm of one task, which
 * starts from the pull request's branch and whose result is pushed to it. A brake ends this: so many attempts, or
 * the same failure twice in a row.
 */
import {
  ApplicationFailure,
  continueAsNew,
  defineQuery,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  setHandler,
  TemporalFailure,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import { fingerprint, type Feedback } from '../domain/delivery/pull-request.ts';
import { QUERIES, WORKFLOWS, type FollowInput, type Following, type SwarmInput } from '../domain/protocol.ts';
import { openFor, pushWork } from './delivery.ts';
import { causeOf } from './failures.ts';
import { delivering } from './proxies.ts';
import type { swarm } from './swarm.ts';

/** What must survive a new run; plain JSON. */
interface Followed {
  readonly number: number;
  readonly repository: string;
  readonly branch: string;
  readonly url: string;
  /** What was pushed last. */
  head: string;
  taken: readonly string[];
  lastFailure?: string;
}

type Carried = { readonly view: Following; readonly followed: Followed };

const following = defineQuery<Following>(QUERIES.following);
/** Ids of swarms are short; a swarm may be followed again later, so that a number alone would not do. */
const ID_LENGTH = 48;
const TAKEN = 500;

export async function followPullRequest({
  carried,
  ...input
}: FollowInput & { readonly carried?: Carried }): Promise<Following> {
  let view: Following = carried?.view ?? {
    swarmId: input.swarmId,
    state: 'opening',
    followUps: [],
    attempts: input.attempts,
  };
  setHandler(following, () => view, { description: 'Which pull request is followed, and what came of it' });
  const followed = carried?.followed ?? (await open(input));
  const { repository, number } = followed;
  const where = `${repository}#${number}`;
  view = { ...view, where, url: followed.url, state: 'watching' };

  const end = (reason: string): Following => (view = { ...view, state: 'ended', reason });
  for (;;) {
    if (workflowInfo().continueAsNewSuggested)
      await continueAsNew<(next: FollowInput & { carried?: Carried }) => Promise<Following>>({
        ...input,
        carried: { view, followed },
      });
    const news = await delivering(input.host, `watch ${where}`).awaitNews({
      repository,
      number,
      head: followed.head,
      taken: followed.taken,
      everySeconds: input.everySeconds,
    });
    if (news.kind === 'quiet') continue;
    if (news.kind === 'closed') return end(news.merged ? 'it was merged' : 'it was closed');
    if (news.kind === 'moved') return end(`somebody else pushed ${news.head.slice(0, 12)} to its branch`);
    const failure = fingerprint(news);
    if (failure === followed.lastFailure) return end('the same failure came again after it was taken up');
    if (view.followUps.length >= input.attempts)
      return end(
        `${input.attempts === 1 ? '1 agent has' : `${input.attempts} agents have`} taken feedback up, and there is more`,
      );
    followed.lastFailure = failure;
    followed.taken = [...followed.taken, ...news.taken].slice(-TAKEN);
    const id = `${input.swarmId.slice(0, ID_LENGTH)}-f${view.followUps.length + 1}-${uuid4().slice(0, 4)}`;
    view = { ...view, state: 'working', followUps: [...view.followUps, id] };
    const problem = await takeUp(input, followed, { id, where, feedback: news });
    if (problem !== undefined) return end(problem);
    view = { ...view, state: 'watching' };
  }
}

const open = async (input: FollowInput): Promise<Followed> => {
  const pushed = await pushWork(input, input.push);
  const { number, repository, url } = await openFor(input, input.pullRequest, pushed);
  return { number, repository, url, branch: pushed.branch, head: pushed.commit, taken: [] };
};

/** @returns why nothing came of it */
const takeUp = async (
  input: FollowInput,
  followed: Followed,
  { id, where, feedback }: { readonly id: string; readonly where: string; readonly feedback: Feedback },
): Promise<string | undefined> => {
  const { host, swarmId, repository, settingsKey, goal } = input;
  const { checks, comments } = feedback;
  const keys = await delivering(host, `plan ${id}`).prepareFollowUp({
    swarmId,
    settingsKey,
    followUpId: id,
    goal,
    where,
    feedback: { checks, comments },
  });
  const start: SwarmInput = {
    swarmId: id,
    goal: `Take up the feedback on ${where}`,
    repository,
    base: followed.head,
    planSource: { kind: 'file', key: keys.planKey },
    settingsKey: keys.settingsKey,
    approve: true,
    ...(keys.webhooks === undefined ? {} : { webhooks: keys.webhooks }),
  };
  try {
    const { commit } = await executeChild<typeof swarm>(WORKFLOWS.swarm, {
      workflowId: id,
      args: [start],
      // A swarm cleans up after itself only when it is asked to end, not when it is terminated.
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: `feedback on ${where}`,
    });
    if (commit === undefined) return `swarm ${id} changed nothing`;
    await pushWork({ ...input, swarmId: id, commit }, { remote: input.push.remote, branch: followed.branch });
    followed.head = commit;
    return undefined;
  } catch (error) {
    if (!(error instanceof TemporalFailure) || isCancellation(error)) throw error;
    const failure = error.cause instanceof ApplicationFailure ? error.cause : error;
    return `swarm ${id} came to nothing: ${causeOf(failure)}`;
  }
};
