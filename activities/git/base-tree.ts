/** What the tree of the base commit holds that a person should know before agents start from it. */
import { DroverFailure } from '../../domain/failures.ts';
import { plainLine } from '../../domain/text.ts';
import { git } from './git.ts';

const MANY_FILES = 20_000;

export interface BaseTree {
  readonly files: number;
  readonly warnings: readonly string[];
}

/**
 * @throws {DroverFailure} `repositoryUnusable` when an object of the tree is missing or broken, or when there is
 * nothing in it
 */
export const checkTree = async (repository: string, commit: string): Promise<BaseTree> => {
  const options = { cwd: repository, okCodes: [0, 128] };
  const [listed, complete] = await Promise.all([
    git('ls-tree', ['-r', '-z', '--full-tree', commit], options),
    git('rev-list', ['--objects', '--quiet', '--no-walk', commit], options),
  ]);
  const broken = [listed, complete].find(({ code }) => code !== 0);
  if (broken !== undefined)
    throw new DroverFailure(
      'repositoryUnusable',
      `Commit ${commit.slice(0, 12)} of ${repository} cannot be read whole: ${plainLine(broken.stderr).slice(0, 300)}`,
      {
        hint: 'git fsck names what is missing; for a partial clone, fetch everything with git fetch --refetch --no-filter first',
      },
    );
  const entries = listed.stdout
    .toString('utf8')
    .split('\0')
    .filter((entry) => entry !== '');
  const submodules = entries.filter((entry) => entry.startsWith('160000'));
  const attributes = entries
    .filter((entry) => entry.startsWith('100') && /(\t|\/)\.gitattributes$/.test(entry))
    .map((entry) => entry.split(/[ \t]/, 3)[2] ?? '');
  return {
    files: entries.length,
    warnings: [
      ...(submodules.length > 0
        ? [
            `${submodules.length} submodule(s) stay empty in the workspaces of agents; a set-up command can fetch them`,
          ]
        : []),
      ...((await usesLargeFileStorage(repository, attributes))
        ? [
            'Files kept by Git LFS appear to agents as small pointer files; a set-up command can run git lfs pull',
          ]
        : []),
      ...(entries.length > MANY_FILES
        ? [
            `The repository has ${entries.length} files, each of which every workspace checks out; the setting "sparse" leaves out directories that agents do not need`,
          ]
        : []),
    ],
  };
};

const usesLargeFileStorage = async (repository: string, attributes: readonly string[]): Promise<boolean> => {
  if (attributes.length === 0) return false;
  const { stdout } = await git('cat-file', ['--batch'], {
    cwd: repository,
    input: attributes
      .slice(0, 1_000)
      .map((oid) => `${oid}\n`)
      .join(''),
  });
  return /^[^#\n]*\bfilter=lfs\b/m.test(stdout.toString('utf8'));
};
