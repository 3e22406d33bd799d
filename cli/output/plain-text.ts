/**
 * Text from agents, plans, repositories and models, made harmless for a terminal and fit to its width. Everything
 * that Drover did not write itself passes through here before it is printed.
 */
import stringWidth from 'string-width';
import { plainLine, plainText } from '../../domain/text.ts';

/** More of one text than this is never shown on one line. */
const LINE_INPUT = 16_000;

/** `text` without escape sequences, control characters (but tab and newline) and marks that reorder text. */
export const plain = (text: string): string => plainText(text);

const segments = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Cuts plain text to `width` columns, with an ellipsis when something is missing. */
export const fit = (text: string, width: number): string => {
  if (width <= 0) return '';
  if (stringWidth(text) <= width) return text;
  let used = 0;
  let kept = '';
  for (const { segment } of segments.segment(text)) {
    const next = used + stringWidth(segment);
    if (next > width - 1) break;
    kept += segment;
    used = next;
  }
  return `${kept}…`;
};

/** Plain text on one line, white space collapsed, cut to `width` columns. */
export const oneLine = (text: string, width = 200): string =>
  fit(plainLine(text.slice(0, LINE_INPUT)), width);

/** What JSON leaves as it is and a terminal does not: DEL, C1 controls, marks that reorder or separate lines. */
const RAW_IN_JSON = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** JSON that holds no raw control or reordering characters; the value stays the same. */
export const safeJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, undefined, indent).replace(
    RAW_IN_JSON,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
