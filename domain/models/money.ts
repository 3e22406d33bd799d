/** Money as whole micro-dollars (millionths of a US dollar), so that sums are exact and a limit is a limit. */

const MICROS_PER_DOLLAR = 1_000_000;
/** More than this is a slip in a setting; sums of it still are exact numbers. */
const MAX_DOLLARS = 1_000_000;

/** Nearest whole micro-dollar. */
export const toMicros = (dollars: number): number => Math.round(dollars * MICROS_PER_DOLLAR);
export const toDollars = (micros: number): number => micros / MICROS_PER_DOLLAR;

const CENT = 10_000;

/** `$5.00`; with more places only where they say something. */
export const dollarText = (micros: number): string => {
  const dollars = toDollars(micros);
  return `$${dollars.toFixed(micros % CENT === 0 ? 2 : 4)}`;
};

/** An amount as a person writes it (`5`, `5.00`, `$5`), in micro-dollars; undefined when it is none. */
export const parseDollars = (text: string): number | undefined => {
  const found = /^\$?(\d{1,7}(?:\.\d{1,6})?)$/.exec(text.trim())?.[1];
  const dollars = Number(found ?? Number.NaN);
  return dollars > 0 && dollars <= MAX_DOLLARS ? toMicros(dollars) : undefined;
};
