/** Where a result goes beyond its own branch: into another branch, to a remote, into a pull request. */
import { clip, plainLine } from '../text.ts';

export interface DeliveryRequest {
  readonly into?: IntoRequest;
  readonly push?: PushRequest;
  /** Of the pushed branch; only with `push`. */
  readonly pullRequest?: PullRequestRequest;
}

export interface IntoRequest {
  /** A branch of the user's repository. */
  readonly branch: string;
  /** Make a merge commit where a fast-forward is not possible. */
  readonly merge: boolean;
  /** Without running the project's commands on what comes out. */
  readonly unverified?: boolean;
}

export interface PushRequest {
  /** Name of a remote of the user's repository, or an address. */
  readonly remote: string;
  /** @default the result's own, `drover/<swarm>` */
  readonly branch?: string;
}

export interface PullRequestRequest {
  /** Branch to merge into. @default the one that the swarm started from */
  readonly base?: string;
  /** `owner/name`. @default what the remote's address says */
  readonly repository?: string;
  readonly draft?: boolean;
}

export interface IntoResult {
  readonly branch: string;
  readonly commit: string;
  readonly how: 'fast_forward' | 'merge' | 'already';
}

export interface PushResult {
  /** Without user name and password. */
  readonly remote: string;
  readonly branch: string;
  readonly commit: string;
  readonly how: 'created' | 'moved' | 'already';
  /** `owner/name`, when the address has such a form. */
  readonly repository?: string;
}

export interface PullRequestResult {
  readonly repository: string;
  readonly number: number;
  readonly url: string;
  readonly how: 'opened' | 'updated';
}

export interface DeliveryResult {
  readonly into?: IntoResult;
  readonly push?: PushResult;
  readonly pullRequest?: PullRequestResult;
}

const TITLE_LENGTH = 120;
/** GitHub takes 65,536 characters. */
const BODY_LENGTH = 60_000;

export const pullRequestTitle = (goal: string): string =>
  clip(plainLine(goal.trim().split('\n', 1)[0] ?? ''), TITLE_LENGTH) || 'Work of a swarm';

/**
 * The report as the text of a pull request. What agents wrote must not close issues: a number after `#` is kept from
 * being a reference. Mentions are harmless in the report already.
 */
export const pullRequestBody = (report: string): string => {
  const body = report.replace(/#(?=\d)/g, '#\u200b').replace(/\bGH-(?=\d)/gi, 'GH-\u200b');
  return body.length <= BODY_LENGTH
    ? body
    : `${body.slice(0, BODY_LENGTH).toWellFormed()}\n\n… the rest is in the report of the swarm`;
};

/** One line each, for people. */
export const deliveryLines = ({ into, push, pullRequest }: DeliveryResult): readonly string[] => [
  ...(into === undefined
    ? []
    : [
        {
          fast_forward: `${into.branch} was moved forward to ${into.commit.slice(0, 12)}`,
          merge: `merged into ${into.branch} as ${into.commit.slice(0, 12)}`,
          already: `${into.branch} holds the work already`,
        }[into.how],
      ]),
  ...(push === undefined
    ? []
    : [
        push.how === 'already'
          ? `${push.branch} at ${push.remote} is up to date`
          : `pushed ${push.commit.slice(0, 12)} to ${push.branch} at ${push.remote}`,
      ]),
  ...(pullRequest === undefined
    ? []
    : [
        `pull request ${pullRequest.repository}#${pullRequest.number} ${pullRequest.how}: ${pullRequest.url}`,
      ]),
];
