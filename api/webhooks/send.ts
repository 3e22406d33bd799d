/** One try to deliver one message: signed by the Standard Webhooks scheme, to a checked address, without redirects. */
import { readFile } from 'node:fs/promises';
import { Agent as HttpAgent, request as httpRequest, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { Webhook as Signer } from 'standardwebhooks';
import type { Environment } from '../../config/environment.ts';
import { proxyFor } from '../../config/proxy.ts';
import type { Webhook } from '../../domain/delivery/webhooks.ts';
import { addressForProxy, checkLiteral, guardedLookup, type AllowedAddresses } from './addresses.ts';

export interface SendDeps {
  /** Variables that begin with `DROVER_WEBHOOK_`. */
  readonly variables: Environment;
  readonly allowed: AllowedAddresses;
  /** Variables such as `HTTPS_PROXY`. */
  readonly proxies: Environment;
  readonly version: string;
}

export interface Sent {
  readonly delivered: boolean;
  /** In words; never holds the address or a secret. */
  readonly said: string;
  /** The receiver wants no more of it. */
  readonly final: boolean;
  readonly retryAfterSeconds?: number;
}

const TIMEOUT_MS = 15_000;
const GONE = 410;

/** The variable's value, or the content of the file that the variable with `_FILE` at its end names. */
const valueOf = async (variables: Environment, name: string): Promise<string> => {
  const file = variables[`${name}_FILE`]?.trim() ?? '';
  const value = file === '' ? (variables[name] ?? '') : await readFile(file, 'utf8');
  if (value.trim() === '') throw new Error(`${name} is not set where the API runs; set it and run drover up`);
  return value.trim();
};

const addressOf = async ({ url, urlEnv = '' }: Webhook, variables: Environment): Promise<URL> => {
  const text = url ?? (await valueOf(variables, urlEnv));
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol))
    throw new Error(`${urlEnv === '' ? 'The address' : urlEnv} is no http or https URL`);
  return parsed;
};

const signature = async (
  { secretEnv }: Webhook,
  variables: Environment,
  id: string,
  at: Date,
  body: string,
): Promise<Record<string, string>> => {
  const head = { 'webhook-id': id, 'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)) };
  if (secretEnv === undefined) return head;
  const secret = await valueOf(variables, secretEnv);
  try {
    return { ...head, 'webhook-signature': new Signer(secret).sign(id, at, body) };
  } catch {
    throw new Error(
      `${secretEnv} must be whsec_ and base64; printf whsec_; openssl rand -base64 32 makes one`,
    );
  }
};

interface Answer {
  readonly status: number;
  readonly retryAfter?: string;
}

/** Straight to an address that is checked when it is looked up, or by a proxy to one that was checked before. */
const connection = async (
  url: URL,
  { allowed, proxies }: Pick<SendDeps, 'allowed' | 'proxies'>,
): Promise<RequestOptions & { readonly servername?: string }> => {
  const secure = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const reach = { host, secure };
  const proxy = proxyFor(proxies, url);
  if (proxy === undefined) {
    checkLiteral(allowed, reach);
    return { lookup: guardedLookup(allowed, reach), agent: false };
  }
  return {
    hostname: await addressForProxy(allowed, reach),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    agent: secure
      ? new HttpsAgent({ proxyEnv: { HTTPS_PROXY: proxy } })
      : new HttpAgent({ proxyEnv: { HTTP_PROXY: proxy } }),
  };
};

const post = async (
  url: URL,
  headers: Record<string, string>,
  body: string,
  deps: Pick<SendDeps, 'allowed' | 'proxies'>,
): Promise<Answer> => {
  const how = await connection(url, deps);
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(
      url,
      {
        method: 'POST',
        headers: { ...headers, host: url.host, 'content-length': Buffer.byteLength(body) },
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...how,
      },
      (response) => {
        const { 'retry-after': retryAfter } = response.headers;
        // What a receiver says besides is of no interest, and may be without end.
        response.destroy();
        resolve({
          status: response.statusCode ?? 0,
          ...(retryAfter === undefined ? {} : { retryAfter }),
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
};

const sentOf = ({ status, retryAfter }: Answer): Sent => {
  const delivered = status >= 200 && status < 300;
  const said = status >= 300 && status < 400 ? `${status}: redirects are not followed` : `status ${status}`;
  return {
    delivered,
    said,
    final: status === GONE,
    ...(/^\d{1,5}$/.test(retryAfter ?? '') ? { retryAfterSeconds: Number(retryAfter) } : {}),
  };
};

/** The errors of Node name the host and what went wrong, and that is what a person needs. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError' || error.name === 'AbortError')
    return `no answer within ${TIMEOUT_MS / 1_000} s`;
  return error.message;
};

export const sendWebhook = async (
  webhook: Webhook,
  message: { readonly id: string; readonly body: string },
  { variables, allowed, proxies, version }: SendDeps,
): Promise<Sent> => {
  try {
    const url = await addressOf(webhook, variables);
    const headers = {
      'content-type': 'application/json',
      'user-agent': `drover/${version}`,
      ...(await signature(webhook, variables, message.id, new Date(), message.body)),
    };
    return sentOf(await post(url, headers, message.body, { allowed, proxies }));
  } catch (error) {
    return { delivered: false, said: reasonOf(error), final: false };
  }
};
