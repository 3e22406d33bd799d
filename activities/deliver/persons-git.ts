/**
 * Git as the person has set it up: to reach their remotes with their credentials, and to write into their checkout
 * the way their own git would. Hooks and programs of other transports stay off all the same.
 */
import { join } from 'node:path';
import { DroverFailure } from '../../domain/failures.ts';
import { plainLine } from '../../domain/text.ts';
import { isRemoteName, parseRemoteUrl, type RemoteUrl } from '../../domain/delivery/remote-url.ts';
import { git } from '../git/git.ts';

export type PersonsEnvironment = Readonly<Record<string, string | undefined>>;

/** Whose absence would make a push fail that works by hand. */
const PASSED = [
  'HOME',
  'XDG_CONFIG_HOME',
  'XDG_RUNTIME_DIR',
  'SSH_AUTH_SOCK',
  'GIT_SSH',
  'GIT_SSH_COMMAND',
  'GIT_SSL_CAINFO',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'all_proxy',
  'no_proxy',
  'GIT_CONFIG_GLOBAL',
  'GIT_CONFIG_SYSTEM',
  'GIT_CONFIG_NOSYSTEM',
] as const;

export const personsGit = (env: PersonsEnvironment): Record<string, string | undefined> => ({
  ...Object.fromEntries(PASSED.map((name) => [name, env[name]])),
  GIT_ATTR_NOSYSTEM: undefined,
});

export const TRANSPORTS: Readonly<Record<string, string>> = {
  'protocol.https.allow': 'always',
  'protocol.http.allow': 'always',
  'protocol.ssh.allow': 'always',
};

/** An address as it may be shown: never with a password. */
const shown = (text: string): string => plainLine(text.replace(/\/\/[^/@]*@/, '//')).slice(0, 200);

/** @param remote name of a remote of the repository, or an address */
export const resolveRemote = async (
  repository: string,
  remote: string,
  env: PersonsEnvironment,
): Promise<RemoteUrl> => {
  const address = isRemoteName(remote) ? await addressOf(repository, remote, env) : remote;
  const url = parseRemoteUrl(address);
  if (url === undefined)
    throw new DroverFailure('invalidInput', `"${shown(address)}" is no address that Drover pushes to`, {
      hint: 'use https://host/owner/name, ssh://host/path, user@host:path or the path of a repository',
    });
  return url.kind === 'path' && !url.url.startsWith('/') ? { ...url, url: join(repository, url.url) } : url;
};

const addressOf = async (repository: string, name: string, env: PersonsEnvironment): Promise<string> => {
  for (const key of ['pushurl', 'url']) {
    const { code, stdout } = await git('config', ['-z', '--get-all', `remote.${name}.${key}`], {
      cwd: repository,
      env: personsGit(env),
      okCodes: [0, 1],
    });
    const [first] = stdout.toString('utf8').split('\0');
    if (code === 0 && first !== undefined && first !== '') return first;
  }
  throw new DroverFailure('notFound', `${repository} has no remote "${name}"`, {
    hint: `git remote -v lists the remotes; git remote add ${name} <address> adds one`,
  });
};

/** A user name and password for git, by environment: arguments and configuration files are seen by others. */
export interface GitLogin {
  readonly username: string;
  readonly password: string;
}

const HELPER =
  '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" "$DROVER_GIT_USERNAME" "$DROVER_GIT_PASSWORD"; }; f';

export const loginOptions = (
  login: GitLogin | undefined,
): { readonly env: Record<string, string>; readonly config: Record<string, string> } =>
  login === undefined
    ? { env: {}, config: {} }
    : {
        env: { DROVER_GIT_USERNAME: login.username, DROVER_GIT_PASSWORD: login.password },
        config: { 'credential.helper': HELPER },
      };
