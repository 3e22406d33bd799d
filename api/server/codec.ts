/**
 * Temporal's Web UI and CLI ask this to show what is encrypted in histories. Whoever asks must be signed in; a page
 * must be Drover's own or the Web UI's.
 */
import express, { Router, type Request, type Response } from 'express';
import type { Payload } from '@temporalio/common';
import type { Encryption } from '../../workers/temporal/encryption.ts';
import { HttpProblem } from '../rest/problems.ts';
import { refusal, type GuardRules } from './guard.ts';

export interface CodecOptions {
  readonly rules: GuardRules;
  readonly encryption: Encryption;
  /** Pages that may ask, as `http://host:port`. */
  readonly origins: () => Promise<readonly string[]>;
}

interface JsonPayload {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly data?: string;
}

const LIMIT = '32mb';
const CORS = {
  'Access-Control-Allow-Methods': 'POST',
  'Access-Control-Allow-Headers': 'authorization,content-type,x-namespace',
  'Access-Control-Allow-Credentials': 'true',
  'Access-Control-Allow-Private-Network': 'true',
  'Access-Control-Max-Age': '600',
  // The page of another origin is let in; the header that all answers have says the opposite.
  'Cross-Origin-Resource-Policy': 'cross-origin',
} as const;

const isText = (value: unknown): boolean => value === undefined || typeof value === 'string';

const isPayload = (value: unknown): value is JsonPayload => {
  if (typeof value !== 'object' || value === null) return false;
  const { metadata = {}, data } = value as { metadata?: unknown; data?: unknown };
  return (
    isText(data) && typeof metadata === 'object' && metadata !== null && Object.values(metadata).every(isText)
  );
};

const fromJson = ({ metadata = {}, data = '' }: JsonPayload): Payload => ({
  metadata: Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')]),
  ),
  data: Buffer.from(data, 'base64'),
});

const toJson = ({ metadata, data }: Payload): JsonPayload => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
  ),
  data: Buffer.from(data ?? []).toString('base64'),
});

const payloadsOf = (body: unknown): readonly Payload[] => {
  // None at all, as of a cancellation, are sent as {}.
  const { payloads = [] } = (body ?? {}) as { payloads?: unknown };
  if (!Array.isArray(payloads) || !payloads.every(isPayload))
    throw new HttpProblem(400, 'The body must be {"payloads": […]} as Temporal sends it');
  return payloads.map(fromJson);
};

export const codecRouter = ({ rules, encryption, origins }: CodecOptions): Router => {
  const router = Router();
  router.use(async (request, response, next) => {
    const { origin } = request.headers;
    const allowed = origin !== undefined && (await origins()).includes(origin);
    if (allowed) response.set({ ...CORS, 'Access-Control-Allow-Origin': origin, Vary: 'Origin' });
    if (request.method === 'OPTIONS') {
      response.status(204).end();
      return;
    }
    const asked = { headers: request.headers, unsafe: !allowed, now: Date.now() };
    const refused = refusal(asked, rules);
    if (refused !== undefined) throw new HttpProblem(refused.status, refused.message, refused.hint);
    next();
  });
  const answer =
    (way: 'encode' | 'decode') =>
    async (request: Request, response: Response): Promise<void> => {
      const payloads = await encryption.codec[way]([...payloadsOf(request.body)]);
      response.set('Cache-Control', 'no-store').json({ payloads: payloads.map(toJson) });
    };
  router.post('/encode', express.json({ limit: LIMIT }), answer('encode'));
  router.post('/decode', express.json({ limit: LIMIT }), answer('decode'));
  return router;
};
