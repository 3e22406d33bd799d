/** Where an agent left its workspace: on which commit, with which branches, in the middle of what. */
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { git } from '../../activities/git/git.ts';
import type { AgentSpec } from '../../domain/agents/agent.ts';
import { isSha } from '../../domain/names.ts';

/** The text of a file that the agent may have made anything of. */
const textLeftIn = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

const shaIn = (text: string): string | undefined => {
  const value = text.trim();
  return isSha(value) ? value : undefined;
};

/** Where HEAD is now, on whatever branch, or undefined when that cannot be told. */
export const workspaceHead = async (spec: AgentSpec): Promise<string | undefined> => {
  const gitDirectory = join(spec.workspace, '.git');
  const head = textLeftIn(join(gitDirectory, 'HEAD'));
  const name = /^ref: (refs\/heads\/[^\s\\]+)\n?$/.exec(head)?.[1];
  const simple = shaIn(
    name === undefined || name.includes('..') ? head : textLeftIn(join(gitDirectory, name)),
  );
  if (simple !== undefined || head === '') return simple;
  const { stdout } = await git('rev-parse', ['--verify', '--quiet', 'HEAD^{commit}'], {
    cwd: spec.runDirectory,
    gitDir: gitDirectory,
    okCodes: [0, 1, 128],
  });
  return shaIn(stdout.toString('utf8'));
};

/** Tips of the branches other than the base, the agent's own branch first. */
export const workspaceBranches = (spec: AgentSpec): readonly string[] => {
  const heads = join(spec.workspace, '.git', 'refs', 'heads');
  const names = existsSync(heads) ? readdirSync(heads, { recursive: true, encoding: 'utf8' }) : [];
  names.sort((a, b) => Number(b === spec.branch) - Number(a === spec.branch));
  const loose = names.map((name) => textLeftIn(join(heads, name)));
  const packed = textLeftIn(join(spec.workspace, '.git', 'packed-refs'))
    .split('\n')
    .filter((line) => line.includes(' refs/heads/'))
    .map((line) => line.slice(0, line.indexOf(' ')));
  const tips = [...loose, ...packed].flatMap((text) => shaIn(text) ?? []);
  return [...new Set(tips)].filter((tip) => tip !== spec.baseCommit);
};

const MERGE_STATES = ['MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REVERT_HEAD', 'rebase-merge', 'rebase-apply'];

/** Is a merge, a rebase or the like half done? */
export const isHalfMerged = (spec: AgentSpec): boolean =>
  MERGE_STATES.some((name) => existsSync(join(spec.workspace, '.git', name)));

/** Is the workspace still a directory, and not a link to somewhere else? Made anew when it is gone. */
export const restoreWorkspace = (spec: AgentSpec): boolean => {
  const there = lstatSync(spec.workspace, { throwIfNoEntry: false });
  if (there === undefined) mkdirSync(spec.workspace, { recursive: true });
  return there?.isDirectory() ?? true;
};
