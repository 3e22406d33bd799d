/**
 * Opens the pull request of a branch. GitHub has at most one open per branch and base, which is looked for first:
 * a repeated try finds what an earlier one opened.
 */
import type { Octokit } from '@octokit/rest';
import type { PullRequestResult } from '../../domain/delivery/delivery.ts';
import { DroverFailure } from '../../domain/failures.ts';
import { isBranchName } from '../../domain/names.ts';
import { isSlug } from '../../domain/delivery/remote-url.ts';
import { crashPoint } from '../../store/crash-point.ts';
import { fromGitHub } from './client.ts';

export interface PullRequestInput {
  readonly repository: string;
  readonly branch: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
  readonly draft: boolean;
}

export const ownerAndName = (slug: string): { readonly owner: string; readonly repo: string } => {
  const [owner = '', repo = ''] = slug.split('/');
  if (!isSlug(slug))
    throw new DroverFailure('invalidInput', `"${slug.slice(0, 100)}" is not owner/name of a repository`, {
      hint: 'say which one it is with --github owner/name',
    });
  return { owner, repo };
};

export const openPullRequest = async (
  github: Octokit,
  input: PullRequestInput,
): Promise<PullRequestResult> => {
  const { repository, branch, base, title, body, draft } = input;
  const where = ownerAndName(repository);
  if (!isBranchName(branch) || !isBranchName(base))
    throw new DroverFailure('invalidInput', `"${base.slice(0, 100)}" is no branch for a pull request`, {
      hint: 'name the branch to merge into with --base',
    });
  try {
    const { data: open } = await github.rest.pulls.list({
      ...where,
      state: 'open',
      head: `${where.owner}:${branch}`,
      base,
      per_page: 10,
    });
    const known = open.find((one) => one.head.ref === branch && one.base.ref === base);
    if (known !== undefined) {
      await github.rest.pulls.update({ ...where, pull_number: known.number, title, body });
      return { repository, number: known.number, url: known.html_url, how: 'updated' };
    }
    crashPoint('pull-request.before');
    const { data: made } = await github.rest.pulls.create({
      ...where,
      title,
      body,
      head: branch,
      base,
      draft,
    });
    crashPoint('pull-request.after');
    return { repository, number: made.number, url: made.html_url, how: 'opened' };
  } catch (error) {
    throw fromGitHub(error, `open the pull request of ${branch} in ${repository}`);
  }
};
