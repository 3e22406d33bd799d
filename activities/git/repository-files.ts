/**
 * Git repositories written by hand: the few files that make a directory one, exactly as Drover wants them, with
 * no template, no hook and no setting of the user's. Spares a process per workspace.
 */
import { lstat, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DroverFailure } from '../../domain/failures.ts';
import { agentBranch, HUB_BASE_BRANCH, isRefName } from '../../domain/names.ts';
import { errorCode } from '../../store/files.ts';

/** Repositories by SHA-256 have longer names and must say so in their configuration. */
const configText = (sha256: boolean, sections: Readonly<Record<string, readonly string[]>>): string =>
  Object.entries({
    ...sections,
    core: [`repositoryformatversion = ${sha256 ? 1 : 0}`, 'filemode = true', ...(sections.core ?? [])],
    ...(sha256 ? { extensions: ['objectformat = sha256'] } : {}),
    // A background clean-up in one repository must never drop what another one borrows.
    gc: ['auto = 0'],
    maintenance: ['auto = false'],
  })
    .map(([name, lines]) => `[${name}]\n${lines.map((line) => `\t${line}\n`).join('')}`)
    .join('');

const isSha256 = (commit: string): boolean => commit.length === 64;

const makeSkeleton = async (gitDirectory: string): Promise<void> => {
  await mkdir(join(gitDirectory, 'objects', 'info'), { recursive: true });
  await Promise.all(
    ['objects/pack', 'refs/heads', 'refs/tags', 'info'].map((name) =>
      mkdir(join(gitDirectory, name), { recursive: true }),
    ),
  );
};

/** Every move of a ref is logged: with it, that refs move by compare-and-swap only can be shown afterwards. */
const hubConfig = (sha256: boolean): string =>
  configText(sha256, { core: ['bare = true', 'logallrefupdates = always'] });

/** Makes an empty hub at `path`. */
export const writeHub = async (path: string, sha256: boolean): Promise<void> => {
  await makeSkeleton(path);
  await writeFile(join(path, 'config'), hubConfig(sha256));
  await writeFile(join(path, 'HEAD'), `ref: refs/heads/${HUB_BASE_BRANCH}\n`);
};

/** Files by which a git directory can be made to run programs or to look elsewhere. None belongs into a hub. */
const FOREIGN_IN_HUB = [
  'hooks',
  'info/attributes',
  'info/grafts',
  'objects/info/alternates',
  'commondir',
  'config.worktree',
];

/**
 * Makes sure that the hub is as Drover left it. Agents have no business there, but those that run as the same
 * user can reach it, and git would obey what they plant.
 */
export const sealHub = async (hub: string): Promise<void> => {
  const there = await lstat(hub).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (there === undefined || !there.isDirectory())
    throw new DroverFailure('notFound', `The hub ${hub} is not there`, {
      hint: 'the swarm directory was removed or belongs to another host; start the swarm again',
    });
  const config = join(hub, 'config');
  const text = (await lstat(config)).isFile() ? await readFile(config, 'utf8') : '';
  if (text !== hubConfig(false) && text !== hubConfig(true)) {
    await rm(config, { force: true, recursive: true });
    await writeFile(config, hubConfig(/objectformat\s*=\s*sha256/i.test(text)), { flag: 'wx' });
  }
  await Promise.all(FOREIGN_IN_HUB.map((name) => rm(join(hub, name), { force: true, recursive: true })));
};

/** A path as git reads it from a file of paths, one a line. */
export const quotedLine = (path: string): string =>
  // oxlint-disable-next-line no-control-regex
  /^["#]|[\x00-\x1f\x7f]/.test(path)
    ? `"${path.replace(/["\\]/g, '\\$&').replace(
        // oxlint-disable-next-line no-control-regex
        /[\x00-\x1f\x7f]/g,
        (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`,
      )}"`
    : path;

/** The patterns of git's cone mode: files on the way to each directory, and all below it. */
const sparsePatterns = (directories: readonly string[]): string => {
  const patterns = new Set(['/*', '!/*/']);
  const literal = (part: string): string => part.replace(/[\\*?[\]!#]/g, '\\$&');
  const clean = directories.map((directory) => directory.split('/').filter((part) => part !== ''));
  for (const parts of clean.toSorted(
    (a, b) => a.length - b.length || a.join('/').localeCompare(b.join('/')),
  )) {
    if (parts.length === 0 || parts.some((part) => part === '.' || part === '..' || part.includes('\n')))
      throw new DroverFailure(
        'invalidInput',
        `"${parts.join('/')}" is not a directory for a sparse checkout`,
        {
          hint: 'write directories relative to the root of the repository, such as src/core',
        },
      );
    const steps = parts.map((_, index) =>
      parts
        .slice(0, index + 1)
        .map(literal)
        .join('/'),
    );
    for (const step of steps.slice(0, -1)) {
      patterns.add(`/${step}/`);
      patterns.add(`!/${step}/*/`);
    }
    patterns.add(`/${steps.at(-1) ?? ''}/`);
  }
  return [...patterns, ''].join('\n');
};

export interface AgentRepository {
  readonly hub: string;
  readonly branch: string;
  readonly commit: string;
  readonly sparse: readonly string[];
  /** Paths that must not be committed by the way: files copied from the user's checkout. */
  readonly exclude: readonly string[];
  /** The branch that is being merged, with the message for it. */
  readonly merging?: { readonly commit: string; readonly message: string };
}

/** Makes the git directory of a workspace: nothing but a branch, and the hub's objects to read. */
export const writeAgentRepository = async (gitDirectory: string, made: AgentRepository): Promise<void> => {
  const branch = agentBranch(made.branch);
  if (!isRefName(branch))
    throw new DroverFailure('invalidInput', `"${branch}" is not a name for a branch`, {
      hint: 'branches of agents are named like the agents',
    });
  await makeSkeleton(gitDirectory);
  const sparse = made.sparse.length > 0;
  const shallow = await readFile(join(made.hub, 'shallow')).catch(() => undefined);
  const files: Record<string, string | Uint8Array> = {
    HEAD: `ref: refs/heads/${branch}\n`,
    [`refs/heads/${branch}`]: `${made.commit}\n`,
    config: configText(isSha256(made.commit), {
      core: [
        'bare = false',
        'logallrefupdates = true',
        ...(sparse ? ['sparseCheckout = true', 'sparseCheckoutCone = true'] : []),
      ],
      // An agent that commits by itself does so under its own name.
      user: [`name = ${branch}`, `email = ${branch}@drover.localhost`],
    }),
    'objects/info/alternates': `${quotedLine(join(made.hub, 'objects'))}\n`,
    'info/exclude': made.exclude.map((path) => `/${path.replace(/[\\*?[\]!# ]/g, '\\$&')}\n`).join(''),
    ...(sparse ? { 'info/sparse-checkout': sparsePatterns(made.sparse) } : {}),
    ...(shallow === undefined ? {} : { shallow }),
    ...(made.merging === undefined
      ? {}
      : { MERGE_HEAD: `${made.merging.commit}\n`, MERGE_MSG: made.merging.message, MERGE_MODE: '' }),
  };
  await Promise.all(
    Object.entries(files).map(([name, content]) => writeFile(join(gitDirectory, name), content)),
  );
};
