/**
 * Text from agents, plans, repositories and models, made harmless for a terminal. Everything that Drover did not
 * write itself passes through here before it is printed.
 */
import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';

/** All control characters but tab and newline: C0, DEL, C1 (0x9b alone is the start of a sequence). */
// oxlint-disable-next-line no-control-regex -- these are what it is about
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
/** Marks that reorder or hide what is shown: bidirectional overrides, zero-width characters, separators, tags. */
const DECEIVING = /[\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

/** `text` without escape sequences, control characters (but tab and newline) and marks that reorder text. */
export const plain = (text: string): string =>
  stripVTControlCharacters(text.replaceAll('\r\n', '\n'))
    .replaceAll('\r', '\n')
    .replace(CONTROL, '')
    .replace(DECEIVING, '');

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
  fit(plain(text.slice(0, 16_000)).replace(/\s+/g, ' ').trim(), width);

/** JSON whose strings hold no raw control or reordering characters either; the value stays the same. */
export const safeJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, undefined, indent)
    .replace(/[\u007f-\u009f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replace(DECEIVING, (mark) =>
      mark
        .split('')
        .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
        .join(''),
    );
