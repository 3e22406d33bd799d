/** Careful reading of JSON that a program printed: everything in it may be missing or something else. */
import { cap } from '../../../domain/failures.ts';

export type Fields = Readonly<Record<string, unknown>>;

const NOTHING: Fields = {};
const TEXT_LIMIT = 16_000;

export const asFields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : NOTHING;

export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const asText = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A count or an amount: finite and not negative. */
export const asAmount = (value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;

/** The object in a line, or undefined when the line is something else. */
export const lineFields = (line: string): Fields | undefined => {
  const start = line.trimStart();
  if (!start.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(start);
    return asFields(value);
  } catch {
    return undefined;
  }
};

/** A value for people and logs: a text as it is, anything else as JSON, at most 16,000 characters. */
export const shown = (value: unknown): string => {
  if (typeof value === 'string') return cap(value, TEXT_LIMIT);
  return cap(value === undefined ? '' : (JSON.stringify(value) ?? ''), TEXT_LIMIT);
};
