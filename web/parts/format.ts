/** Numbers, money and times as people read them. Nothing here reads the clock. */
import type { Usage } from '../../domain/models/usage.ts';

const whole = new Intl.NumberFormat('en');
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

export const count = (value: number): string => whole.format(value);
export const compact = (value: number): string =>
  value < 10_000 ? whole.format(value) : short.format(value);

/** `one` for 1, `many` otherwise, with the number. */
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

/** US dollars; cents for small amounts, `≥` when some calls had no price. */
export const money = (usd: number, incomplete = false): string => {
  const digits = usd !== 0 && Math.abs(usd) < 0.1 ? 4 : 2;
  return `${incomplete ? '≥ ' : ''}$${usd.toFixed(digits)}`;
};
export const cost = (usage: Usage): string => money(usage.costUsd, usage.costIncomplete);

export const tokens = (usage: Usage): number =>
  usage.inputTokens + usage.outputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;

/** `45 s`, `3 min 12 s`, `2 h 5 min`, `3 d 4 h`. */
export const duration = (seconds: number): string => {
  const all = Math.max(0, Math.round(seconds));
  if (all < 60) return seconds > 0 && seconds < 10 ? `${Number(seconds.toFixed(1))} s` : `${all} s`;
  const minutes = Math.floor(all / 60);
  if (minutes < 60) return all % 60 === 0 ? `${minutes} min` : `${minutes} min ${all % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return hours % 24 === 0 ? `${Math.floor(hours / 24)} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
};

/** @returns seconds from one ISO 8601 time to another, or to `now` in milliseconds */
export const secondsBetween = (from: string, to: string | undefined, now: number): number =>
  ((to === undefined ? now : Date.parse(to)) - Date.parse(from)) / 1_000;

const dayAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const timeOnly = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

const valid = (iso: string): Date | undefined => {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? undefined : date;
};
export const dateTime = (iso: string): string => {
  const date = valid(iso);
  return date === undefined ? iso : dayAndTime.format(date);
};
/** In a time zone that is named with it; in that of the browser when it does not know it. */
export const inZone = (iso: string, zone = 'UTC'): string => {
  try {
    const local = new Intl.DateTimeFormat(undefined, {
      timeZone: zone,
      dateStyle: 'medium',
      timeStyle: 'short',
    });
    return `${local.format(new Date(iso))} ${zone}`;
  } catch {
    return dateTime(iso);
  }
};
export const clock = (iso: string): string => {
  const date = valid(iso);
  return date === undefined ? iso : timeOnly.format(date);
};

export const words = (name: string): string => name.replaceAll('_', ' ').replaceAll('-', ' ');
/** As a title: without the colon that leads on to the other lines. */
export const firstLine = (text: string): string => {
  const [first = '', ...rest] = text.split('\n');
  return rest.length === 0 ? first : first.replace(/:\s*$/, '');
};
/** Last part of a path. */
export const baseName = (path: string): string => path.split('/').findLast((part) => part !== '') ?? path;
export const shortSha = (sha: string): string => sha.slice(0, 9);
/** First letter large. */
export const sentence = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
