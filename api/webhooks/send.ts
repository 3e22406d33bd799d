/** One try to deliver one message: signed by the Standard Webhooks scheme, to a checked address, without redirects. */
import { readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Webhook as Signer } from 'standardwebhooks';
import type { Environment } from '../../config/environment.ts';
import type { Webhook } from '../../domain/webhooks.ts';
import { checkLiteral, guardedLookup, type AllowedAddresses } from './addresses.ts';

export interface SendDeps {
  /** Variables that begin with `DROVER_WEBHOOK_`. */
  readonly variables: Environment;
  readonly allowed: AllowedAddresses;
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

const post = (
  url: URL,
  headers: Record<string, string>,
  body: string,
  allowed: AllowedAddresses,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const secure = url.protocol === 'https:';
    const reach = { host: url.hostname.replace(/^\[|\]$/g, ''), secure };
    checkLiteral(allowed, reach);
    const request = (secure ? httpsRequest : httpRequest)(
      url,
      {
        method: 'POST',
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        lookup: guardedLookup(allowed, reach),
        agent: false,
        signal: AbortSignal.timeout(TIMEOUT_MS),
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
  { variables, allowed, version }: SendDeps,
): Promise<Sent> => {
  try {
    const url = await addressOf(webhook, variables);
    const headers = {
      'content-type': 'application/json',
      'user-agent': `drover/${version}`,
      ...(await signature(webhook, variables, message.id, new Date(), message.body)),
    };
    return sentOf(await post(url, headers, message.body, allowed));
  } catch (error) {
    return { delivered: false, said: reasonOf(error), final: false };
  }
};
