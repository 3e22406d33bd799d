/**
 * Where a branch is pushed to. Names and addresses of remotes are hostile input: what is no plain address of a known
 * kind is refused, and a password in one is taken out, so that it reaches no argument and no log.
 */

export interface RemoteUrl {
  readonly kind: 'http' | 'ssh' | 'path';
  /** Without user name and password for `http`; fit to be an argument of git. */
  readonly url: string;
  readonly host: string;
  /** Path of the repository on the host. */
  readonly path: string;
  readonly username?: string;
  readonly password?: string;
}

const MAX_LENGTH = 2_000;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:.]+\])$/;
const USER = /^[A-Za-z0-9_][A-Za-z0-9._+-]{0,99}$/;
const SCP = /^(?:([^@:/]+)@)?([^@:/]+):(.+)$/;
/** Spaces and control characters have no place in an address; quotes and backslashes only lead to trouble. */
const FORBIDDEN = /[\s\p{Cc}"'`\\]/u;

export const isRemoteName = (name: string): boolean => NAME.test(name) && !name.includes('..');

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const fromUrl = (text: string): RemoteUrl | undefined => {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const host = url.hostname;
  const path = url.pathname;
  if (url.protocol === 'file:')
    return host === '' ? { kind: 'path', url: decoded(path), host, path } : undefined;
  if (!HOST.test(host) || path.length < 2 || path.startsWith('/-')) return undefined;
  const username = decoded(url.username);
  if (url.protocol === 'ssh:') {
    if (url.password !== '' || (username !== '' && !USER.test(username))) return undefined;
    return { kind: 'ssh', url: text, host, path };
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  const password = decoded(url.password);
  url.username = '';
  url.password = '';
  return {
    kind: 'http',
    url: url.href,
    host,
    path,
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
  };
};

/** @returns undefined for what is no address that Drover pushes to */
export const parseRemoteUrl = (text: string): RemoteUrl | undefined => {
  if (text.length > MAX_LENGTH || text.startsWith('-') || FORBIDDEN.test(text)) return undefined;
  // `ext::sh -c …` and its like run programs.
  if (/^[A-Za-z0-9+.-]*::/.test(text)) return undefined;
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(text)) return fromUrl(text);
  if (/^\.{0,2}\//.test(text)) return { kind: 'path', url: text, host: '', path: text };
  const [, username, host = '', path = ''] = SCP.exec(text) ?? [];
  if (!HOST.test(host) || path.startsWith('-') || (username !== undefined && !USER.test(username)))
    return undefined;
  return { kind: 'ssh', url: text, host, path };
};

/** `owner/name` of a repository on a forge. */
export const repositorySlug = ({ path }: RemoteUrl): string | undefined => {
  const [, owner = '', name = ''] = /([^/]+)\/([^/]+?)(?:\.git)?\/?$/.exec(path) ?? [];
  return isSlug(`${owner}/${name}`) ? `${owner}/${name}` : undefined;
};

export const isSlug = (text: string): boolean =>
  /^[A-Za-z0-9][A-Za-z0-9-]{0,99}\/[A-Za-z0-9_.-]{1,100}$/.test(text) && !/\/\.{1,2}$/.test(text);
