/**
 * Who may do what. Pure: the same rules for requests and for WebSockets.
 *
 * - Only names of this machine (or those that were allowed) are answered: a page of another site that has pointed
 *   its own name at this machine is refused.
 * - A browser is known by its cookie, and then every change and every WebSocket must come from our own pages. A
 *   program shows the token; an `Origin` that it sends must be our own too.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isSession, sameSecret } from '../token.ts';

export interface GuardRules {
  readonly token: string;
  /** Host names besides those of loopback, without ports. */
  readonly allowedHosts: readonly string[];
  /** Its name holds the port, since browsers send cookies to every port of a host. */
  readonly cookie: string;
}

export interface Asked {
  readonly headers: IncomingHttpHeaders;
  /** It changes something, or opens a WebSocket. */
  readonly unsafe: boolean;
  readonly now: number;
}

export interface Refusal {
  readonly status: 401 | 403;
  readonly message: string;
  readonly hint: string;
}

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

const nameOf = (host: string): string => host.toLowerCase().replace(/:\d{1,5}$/, '');

export const hostRefusal = (
  { headers }: Pick<Asked, 'headers'>,
  { allowedHosts }: GuardRules,
): Refusal | undefined => {
  const host = headers.host;
  if (host !== undefined && [...LOOPBACK_NAMES, ...allowedHosts].includes(nameOf(host))) return undefined;
  return {
    status: 403,
    message: 'This host name is not one that Drover answers to',
    hint: 'use 127.0.0.1, or allow the name with DROVER_API_ALLOWED_HOSTS',
  };
};

const cookieValue = (headers: IncomingHttpHeaders, name: string): string | undefined =>
  headers.cookie
    ?.split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(`${name}=`))
    ?.slice(name.length + 1);

const bearer = (headers: IncomingHttpHeaders): string | undefined =>
  /^Bearer ([\x21-\x7e]{1,500})$/i.exec(headers.authorization ?? '')?.[1];

const foreign = (hint: string): Refusal => ({
  status: 403,
  message: 'This does not come from a page of Drover',
  hint,
});

/** `http://host:port` of the very host that was asked. */
const isOwnOrigin = (origin: string, headers: IncomingHttpHeaders): boolean =>
  URL.canParse(origin) &&
  ['http:', 'https:'].includes(new URL(origin).protocol) &&
  new URL(origin).host === headers.host?.toLowerCase();

const originRefusal = ({ headers, unsafe }: Asked, byCookie: boolean): Refusal | undefined => {
  const { origin } = headers;
  if (!unsafe) return undefined;
  if (origin === undefined)
    return byCookie
      ? foreign('a browser sends Origin by itself; a program shows the token instead')
      : undefined;
  return isOwnOrigin(origin, headers)
    ? undefined
    : foreign('leave Origin out, or make it the address that is asked');
};

/** Why the request is refused; undefined when it may go on. */
export const refusal = (asked: Asked, rules: GuardRules): Refusal | undefined => {
  const wrongHost = hostRefusal(asked, rules);
  if (wrongHost !== undefined) return wrongHost;
  const shown = bearer(asked.headers);
  const cookie = cookieValue(asked.headers, rules.cookie);
  const byToken = shown !== undefined && sameSecret(shown, rules.token);
  const byCookie = !byToken && cookie !== undefined && isSession(rules.token, cookie, asked.now);
  if (!byToken && !byCookie)
    return {
      status: 401,
      message: 'Nobody is signed in',
      hint: 'open the link that drover up prints, or send the token from the file api-token in DROVER_HOME as Authorization: Bearer',
    };
  return originRefusal(asked, byCookie);
};
