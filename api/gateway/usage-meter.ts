/** Reads an answer on the side, as it passes: what was used, and whether it came to its end. */
import { StringDecoder } from 'node:string_decoder';
import type { Json, ModelFamily, UsageReader } from '../../domain/models/family.ts';

/** Longer events tell no usage that matters. */
const MAX_LINE = 32 * 1024 * 1024;

export interface UsageMeter {
  /** Of a stream of events. */
  write(chunk: Buffer): void;
  /** Of an answer that came as a whole. */
  whole(body: Buffer): void;
  readonly reader: UsageReader;
}

export const createUsageMeter = (family: ModelFamily): UsageMeter => {
  const reader = family.usage();
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (text: string): void => {
    if (!family.usageMark.test(text)) return;
    try {
      reader.add(JSON.parse(text) as Json);
    } catch {
      // Not an event; the provider's own client will say so.
    }
  };
  return {
    reader,
    write(chunk) {
      rest += decoder.write(chunk);
      let from = 0;
      for (;;) {
        const end = rest.indexOf('\n', from);
        if (end < 0) break;
        if (rest.startsWith('data:', from)) take(rest.slice(from + 5, end));
        from = end + 1;
      }
      rest = rest.length - from > MAX_LINE ? '' : rest.slice(from);
    },
    whole: (body) => take(body.toString('utf8')),
  };
};
