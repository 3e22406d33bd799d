/**
 * What lets a client in: a token in a file that only its owner can read. Login codes and session cookies are made
 * from it, so that nothing about sessions is stored anywhere and a new token ends them all.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { createFile, readIfThere } from '../store/files.ts';
import type { Home } from '../store/home.ts';

const TOKEN_BYTES = 32;
const LEAST_LENGTH = 16;
/** A login link is opened at once or not at all. */
const CODE_MS = 10 * 60_000;
const SESSION_MS = 30 * 86_400_000;

/** The token of this home, made by whoever asks first. */
export const apiToken = async (home: Home): Promise<string> => {
  await createFile(home.tokenFile, `${randomBytes(TOKEN_BYTES).toString('base64url')}\n`);
  const token = (await readIfThere(home.tokenFile))?.trim() ?? '';
  if (token.length < LEAST_LENGTH)
    throw new Error(`${home.tokenFile} holds no token; remove it, and the next start makes a new one`);
  return token;
};

/** Without telling by the time it takes how much of it was right. */
export const sameSecret = (given: string, wanted: string): boolean => {
  const digest = (text: string): Buffer => createHmac('sha256', 'compare').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
};

const signed = (token: string, purpose: string, until: number): string =>
  `${until.toString(36)}.${createHmac('sha256', token).update(`${purpose} ${until}`).digest('base64url')}`;

const isValid = (token: string, purpose: string, value: string, now: number): boolean => {
  const until = Number.parseInt(value.split('.', 1)[0] ?? '', 36);
  return until > now && sameSecret(value, signed(token, purpose, until));
};

export const LOGIN_CODE_MINUTES = CODE_MS / 60_000;
export const loginCode = (token: string, now: number): string => signed(token, 'login', now + CODE_MS);
export const isLoginCode = (token: string, code: string, now: number): boolean =>
  isValid(token, 'login', code, now);

export const SESSION_SECONDS = SESSION_MS / 1_000;
export const sessionValue = (token: string, now: number): string =>
  signed(token, 'session', now + SESSION_MS);
export const isSession = (token: string, value: string, now: number): boolean =>
  isValid(token, 'session', value, now);
