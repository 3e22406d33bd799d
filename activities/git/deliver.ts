/**
 * Puts the result into the user's repository: one new branch, pushed from the hub. The checkout, the index and
 * every other ref stay as they are, and no hook of the repository runs.
 */
import { DroverFailure } from '../../domain/failures.ts';
import { resultBranch } from '../../domain/names.ts';
import { crashPoint } from '../../store/crash-point.ts';
import { git } from './git.ts';

export const deliver = async (
  hub: string,
  repository: string,
  swarmId: string,
  commit: string,
  signal?: AbortSignal,
): Promise<{ readonly branch: string }> => {
  const branch = resultBranch(swarmId);
  crashPoint('deliver.before');
  const { code, stdout, stderr } = await git(
    'push',
    [
      '--porcelain',
      '--no-verify',
      '--receive-pack=git -c core.hooksPath=/dev/null receive-pack',
      '--end-of-options',
      repository,
      // Without force: it makes the branch or moves it forward. Git compares and swaps.
      `${commit}:refs/heads/${branch}`,
    ],
    { cwd: hub, okCodes: [0, 1, 128], ...(signal === undefined ? {} : { signal }) },
  );
  if (code !== 0) throw refusal(repository, branch, `${stdout.toString('utf8')}\n${stderr}`);
  crashPoint('deliver.after');
  return { branch };
};

const refusal = (repository: string, branch: string, output: string): DroverFailure => {
  const said = output.trim().slice(-1_000);
  if (/No space left on device|Disk quota exceeded/.test(output))
    return new DroverFailure('resourcesExhausted', `The disk of ${repository} is full`, {
      hint: 'free some space, then retry; the result is safe in the hub',
    });
  if (/non-fast-forward|fetch first|stale info/.test(output))
    return new DroverFailure(
      'repositoryUnusable',
      `${repository} already has a branch ${branch} with other work`,
      {
        hint: `rename it (git branch -m ${branch} ${branch}-old), then retry`,
      },
    );
  if (/branch is currently checked out/.test(output))
    return new DroverFailure('repositoryUnusable', `The branch ${branch} is checked out in ${repository}`, {
      hint: 'switch to another branch, then retry',
    });
  if (/Permission denied|Read-only file system|insufficient permission|unable to create/i.test(output))
    return new DroverFailure('repositoryUnusable', `${repository} cannot be written: ${said}`, {
      hint: 'make it writable for this user, then retry; the result is safe in the hub',
    });
  return new DroverFailure('repositoryUnusable', `The result could not be put into ${repository}: ${said}`, {
    hint: 'mend what git says above, then retry; the result is safe in the hub',
  });
};
