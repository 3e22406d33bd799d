/** Which headers pass the gateway. Credentials never do: the agent's own is for the gateway, the key is added. */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

/** They belong to one connection and not to the request. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
]);

const CREDENTIALS = ['x-api-key', 'authorization', 'x-goog-api-key', 'cookie'] as const;

/** Said anew, or of no business to a provider. */
const NOT_SENT = new Set([
  'host',
  'content-length',
  'accept-encoding',
  'forwarded',
  'via',
  'origin',
  'referer',
]);
const NOT_RETURNED = new Set(['set-cookie', 'alt-svc', 'strict-transport-security']);

const named = (connection: string | undefined): Set<string> =>
  new Set((connection ?? '').split(',').map((name) => name.trim().toLowerCase()));

const passing = (
  headers: IncomingHttpHeaders,
  stays: (name: string) => boolean,
): Record<string, string | string[]> => {
  const connection = named(headers.connection);
  return Object.fromEntries(
    Object.entries(headers).filter(
      (entry): entry is [string, string | string[]] =>
        entry[1] !== undefined && !HOP_BY_HOP.has(entry[0]) && !connection.has(entry[0]) && !stays(entry[0]),
    ),
  );
};

export const requestHeaders = (
  headers: IncomingHttpHeaders,
  options: { readonly ownLogin: boolean },
): OutgoingHttpHeaders => ({
  ...passing(
    headers,
    (name) =>
      NOT_SENT.has(name) ||
      name.startsWith('x-forwarded-') ||
      name === 'cookie' ||
      (!options.ownLogin && CREDENTIALS.some((credential) => credential === name)),
  ),
  // The answer is read on its way back.
  'accept-encoding': 'identity',
});

export const responseHeaders = (headers: IncomingHttpHeaders): OutgoingHttpHeaders =>
  passing(headers, (name) => NOT_RETURNED.has(name));

const bearer = (value: string | undefined): string | undefined => /^Bearer\s+(\S+)$/i.exec(value ?? '')?.[1];

const single = (value: string | string[] | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** The token that the request shows, wherever its API carries its key. */
export const shownToken = (headers: IncomingHttpHeaders, query: URLSearchParams): string | undefined =>
  single(headers['x-api-key']) ??
  single(headers['x-goog-api-key']) ??
  bearer(headers.authorization) ??
  query.get('key') ??
  undefined;
