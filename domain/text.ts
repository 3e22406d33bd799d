/** Text from plans, models, repositories and people, made safe to show: what a terminal would act on is taken out. */

const ESC = String.fromCodePoint(0x1b);
const BELL = String.fromCodePoint(0x07);
const C1_CSI = String.fromCodePoint(0x9b);

/** Colours, cursor moves, window titles and hyperlinks. */
const TERMINAL_SEQUENCES = new RegExp(
  `(?:${ESC}\\[|${C1_CSI})[0-?]{0,64}[ -/]{0,8}[@-~]|${ESC}[\\]P^_X][^${BELL}${ESC}]{0,4096}(?:${BELL}|${ESC}\\\\)`,
  'g',
);
/** Line feed and tab stay. */
const CONTROLS = /(?![\n\t])\p{Cc}/gu;
/** Characters that turn the direction of the text around them, so that it reads as what it is not. */
const DIRECTION = /[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** `text` without terminal sequences and control characters; line ends become `\n`. */
export const plainText = (text: string): string =>
  text
    .toWellFormed()
    .replace(TERMINAL_SEQUENCES, '')
    .replace(/\r\n?|[\u2028\u2029\u0085]/gu, '\n')
    .replace(CONTROLS, '')
    .replace(DIRECTION, '');

/** `text` as one line. */
export const plainLine = (text: string): string => plainText(text).replace(/\s+/gu, ' ').trim();

/** `text` cut to `max` characters, with `…` as the last one when something was left out. */
export const clip = (text: string, max: number): string =>
  text.length <= max ? text : `${text.slice(0, Math.max(0, max - 1)).toWellFormed()}…`;

/** Number of edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`. */
const distance = (a: string, b: string): number => {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
};

/** The candidates that may have been meant by `name`, nearest first: those that are near enough to be a slip. */
export const nearestNames = (name: string, candidates: Iterable<string>, count: number): string[] => {
  const wanted = name.toLowerCase().slice(0, 60);
  const allowed = Math.max(1, Math.floor(wanted.length / 3));
  const near: { readonly name: string; readonly distance: number }[] = [];
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - wanted.length) > allowed) continue;
    const found = distance(wanted, candidate.toLowerCase());
    if (found <= allowed) near.push({ name: candidate, distance: found });
  }
  return near
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map((candidate) => candidate.name);
};

/** The candidate that was most likely meant by `name`, if one is near enough to be a slip. */
export const nearestName = (name: string, candidates: Iterable<string>): string | undefined =>
  nearestNames(name, candidates, 1)[0];

/** `, did you mean "x"?` or nothing. */
export const didYouMean = (name: string, candidates: Iterable<string>): string => {
  const nearest = nearestName(name, candidates);
  return nearest === undefined ? '' : `, did you mean "${nearest}"?`;
};
