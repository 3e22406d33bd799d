/** Options of the commands that push and open pull requests, and what they ask for. */
import { InvalidArgumentError, type Command } from 'commander';
import type { DeliveryRequest, PullRequestRequest, PushRequest } from '../domain/delivery/delivery.ts';
import { DroverFailure } from '../domain/failures.ts';
import { isBranchName } from '../domain/names.ts';
import { isRemoteName, isSlug, parseRemoteUrl } from '../domain/delivery/remote-url.ts';
import { readServices } from '../workers/supervisor/services.ts';
import { servicesHave, startServices } from './services.ts';
import type { Cli } from './cli.ts';

export const branchName = (value: string): string => {
  if (!isBranchName(value)) throw new InvalidArgumentError('It must be the name of a branch.');
  return value;
};

/** A password would be in the list of processes and in the shell's history by then. */
export const remoteName = (value: string): string => {
  const url = isRemoteName(value) ? undefined : parseRemoteUrl(value);
  if (url === undefined && !isRemoteName(value))
    throw new InvalidArgumentError('It must be the name of a remote, or its address.');
  if (url?.password !== undefined)
    throw new InvalidArgumentError('It must not hold a password; use a credential helper or GITHUB_TOKEN.');
  return value;
};

const slug = (value: string): string => {
  if (!isSlug(value)) throw new InvalidArgumentError('It must be owner/name.');
  return value;
};

export interface PushOptions {
  readonly remote: string;
  readonly branch?: string;
  readonly base?: string;
  readonly github?: string;
  readonly draft?: boolean;
}

export const addPushOptions = (command: Command): Command =>
  command
    .option('--remote <name>', 'remote of your repository, or its address', remoteName, 'origin')
    .option('--branch <name>', 'branch there (default: drover/<swarm>)', branchName)
    .option(
      '--base <branch>',
      'branch that the pull request is to be merged into (default: the one the swarm started from)',
      branchName,
    )
    .option(
      '--github <owner/name>',
      "repository of the pull request (default: by the remote's address)",
      slug,
    )
    .option('--draft', 'open the pull request as a draft');

export const pushRequest = ({ remote, branch }: PushOptions): PushRequest => ({
  remote,
  ...(branch === undefined ? {} : { branch }),
});

export const pullRequestRequest = ({ base, github, draft }: PushOptions): PullRequestRequest => ({
  ...(base === undefined ? {} : { base }),
  ...(github === undefined ? {} : { repository: github }),
  ...(draft === true ? { draft } : {}),
});

const TOKENS = ['GITHUB_TOKEN', 'GH_TOKEN'] as const;
const hasToken = (cli: Cli): boolean => TOKENS.some((name) => (cli.env[name] ?? '') !== '');

/** Will the services have a token once `drover run` has seen to it that they run? */
export const willHaveToken = async (cli: Cli): Promise<boolean> =>
  hasToken(cli) || ((await readServices(cli.home)) !== undefined && (await servicesHave(cli, TOKENS)));

/** Services that were started without the token are started again with the one that is there now. */
export const withGitHub = async (cli: Cli): Promise<void> => {
  if (hasToken(cli)) await startServices(cli);
  else if (!(await servicesHave(cli, TOKENS)))
    throw new DroverFailure('unavailable', 'There is no token for GitHub', {
      hint: 'set GITHUB_TOKEN (it needs to read and write contents and pull requests) and run the command again',
    });
};

export interface RunDeliveryOptions {
  readonly into?: string;
  readonly merge?: boolean;
  readonly push?: string | true;
  readonly pullRequest?: boolean;
}

/** What `drover run` is to do with the result besides its branch. */
export const runDelivery = ({
  into,
  merge,
  push,
  pullRequest,
}: RunDeliveryOptions): DeliveryRequest | undefined => {
  if (into === undefined && push === undefined && pullRequest !== true) return undefined;
  return {
    ...(into === undefined ? {} : { into: { branch: into, merge: merge === true } }),
    ...(push === undefined && pullRequest !== true
      ? {}
      : { push: { remote: typeof push === 'string' ? push : 'origin' } }),
    ...(pullRequest === true ? { pullRequest: {} } : {}),
  };
};
