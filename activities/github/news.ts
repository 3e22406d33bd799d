/** What became of a pull request since it was last looked at: closed, moved, red checks, new comments. */
import type { Octokit } from '@octokit/rest';
import {
  FEEDBACK_LIMITS,
  isListenedTo,
  type PullRequestNews,
  type RedCheck,
  type ReviewComment,
} from '../../domain/delivery/pull-request.ts';
import { cap } from '../../domain/failures.ts';
import { fromGitHub, statusOf } from './client.ts';
import { ownerAndName } from './pull-request.ts';

export interface Watched {
  readonly repository: string;
  readonly number: number;
  /** What was pushed last. */
  readonly head: string;
  /** Names of the comments that were taken up already. */
  readonly taken: readonly string[];
}

type Where = { readonly owner: string; readonly repo: string };

/** Conclusions that an agent can do something about. */
const RED: ReadonlySet<string> = new Set(['failure', 'timed_out']);
const ANNOTATIONS = 20;

export const pullRequestNews = async (github: Octokit, watched: Watched): Promise<PullRequestNews> => {
  const where = ownerAndName(watched.repository);
  try {
    const { data: pull } = await github.rest.pulls.get({ ...where, pull_number: watched.number });
    if (pull.state === 'closed') return { kind: 'closed', merged: pull.merged };
    if (pull.head.sha !== watched.head) {
      const tip = await tipOf(github, where, pull.head.ref);
      // GitHub's pull request is behind a push for a moment.
      return tip === watched.head ? { kind: 'quiet' } : { kind: 'moved', head: tip ?? pull.head.sha };
    }
    const { comments, names } = await newComments(github, where, watched);
    const { red, pending } = await checksOf(github, where, watched.head);
    // Checks that still run may become red too; one agent then takes up all of them.
    if (pending || (red.length === 0 && comments.length === 0)) return { kind: 'quiet' };
    return { kind: 'feedback', checks: red, comments, taken: names };
  } catch (error) {
    throw fromGitHub(error, `look at pull request ${watched.repository}#${watched.number}`);
  }
};

/** @returns undefined when there is no such branch any more */
const tipOf = async (github: Octokit, where: Where, branch: string): Promise<string | undefined> => {
  try {
    return (await github.rest.git.getRef({ ...where, ref: `heads/${branch}` })).data.object.sha;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
};

const checksOf = async (
  github: Octokit,
  where: Where,
  ref: string,
): Promise<{ readonly red: readonly RedCheck[]; readonly pending: boolean }> => {
  const runs = await github.paginate(github.rest.checks.listForRef, { ...where, ref, per_page: 100 });
  const { data: combined } = await github.rest.repos.getCombinedStatusForRef({
    ...where,
    ref,
    per_page: 100,
  });
  const failed = runs.filter((run) => RED.has(run.conclusion ?? '')).slice(0, FEEDBACK_LIMITS.checks);
  const statuses = combined.statuses.filter(({ state }) => state === 'failure' || state === 'error');
  return {
    pending:
      runs.some((run) => run.status !== 'completed') ||
      combined.statuses.some(({ state }) => state === 'pending'),
    red: [
      ...(await Promise.all(failed.map((run) => redCheck(github, where, run)))),
      ...statuses.map(({ context, description }) => ({ name: context, output: description ?? '' })),
    ].slice(0, FEEDBACK_LIMITS.checks),
  };
};

type CheckRun = Awaited<ReturnType<Octokit['rest']['checks']['listForRef']>>['data']['check_runs'][number];

const redCheck = async (github: Octokit, where: Where, run: CheckRun): Promise<RedCheck> => {
  const { title, summary, text, annotations_count: count } = run.output;
  const annotations =
    count === 0
      ? []
      : (
          await github.rest.checks.listAnnotations({
            ...where,
            check_run_id: run.id,
            per_page: ANNOTATIONS,
          })
        ).data.map((one) => `${one.path}:${one.start_line}: ${one.message ?? ''}`);
  const parts = [title, summary, text, ...annotations].filter(
    (part): part is string => typeof part === 'string' && part !== '',
  );
  return {
    name: run.name,
    output: cap(
      parts.length === 0 ? `It ended as ${run.conclusion ?? 'red'} and says nothing more.` : parts.join('\n'),
      FEEDBACK_LIMITS.output,
    ),
  };
};

const newComments = async (
  github: Octokit,
  where: Where,
  { number, taken }: Watched,
): Promise<{ readonly comments: readonly ReviewComment[]; readonly names: readonly string[] }> => {
  const [inline, reviews, conversation] = await Promise.all([
    github.paginate(github.rest.pulls.listReviewComments, { ...where, pull_number: number, per_page: 100 }),
    github.paginate(github.rest.pulls.listReviews, { ...where, pull_number: number, per_page: 100 }),
    // To GitHub a pull request is an issue, too.
    github.paginate(github.rest.issues.listComments, { ...where, issue_number: number, per_page: 100 }),
  ]);
  const fresh = [
    ...inline.map((one) => ({
      name: `comment-${one.id}`,
      at: one.created_at,
      association: one.author_association,
      author: one.user?.login ?? 'someone',
      body: one.body,
      path: one.path,
      line: one.line,
    })),
    // An approval asks for nothing, whatever kind words it has.
    ...reviews
      .filter((one) => one.state === 'CHANGES_REQUESTED' || one.state === 'COMMENTED')
      .map((one) => ({
        name: `review-${one.id}`,
        at: one.submitted_at ?? '',
        association: one.author_association,
        author: one.user?.login ?? 'someone',
        body: one.body,
        path: undefined,
        line: undefined,
      })),
    // There programs tell of coverage and previews; Drover's own token may be a person's, and Drover says nothing there.
    ...conversation
      .filter((one) => one.user?.type !== 'Bot')
      .map((one) => ({
        name: `conversation-${one.id}`,
        at: one.created_at,
        association: one.author_association,
        author: one.user?.login ?? 'someone',
        body: one.body ?? '',
        path: undefined,
        line: undefined,
      })),
  ]
    .filter((one) => !taken.includes(one.name) && one.body.trim() !== '' && isListenedTo(one.association))
    .toSorted((a, b) => (a.at < b.at ? -1 : 1))
    .slice(0, FEEDBACK_LIMITS.comments);
  return {
    names: fresh.map(({ name }) => name),
    comments: fresh.map(({ author, body, path, line }) => ({
      author,
      body: cap(body, FEEDBACK_LIMITS.body),
      ...(path === undefined ? {} : { path }),
      ...(line === undefined || line === null ? {} : { line }),
    })),
  };
};
