/** What the tables of the report have in common. */
import { code } from '../markdown.ts';

/** Rows of a table; all are in `report.json`. */
const ROWS = 2_000;

export const shortSha = (commit: string): string => code(commit.slice(0, 12));

export const rows = <T>(list: readonly T[], row: (entry: T) => string[], width: number): string[][] => {
  const shown = list.slice(0, ROWS).map(row);
  const more = list.length - ROWS;
  return more > 0
    ? [...shown, [`… ${more} more in report.json`, ...Array.from({ length: width - 1 }, () => ' ')]]
    : shown;
};
