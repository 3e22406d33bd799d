/** Lists such as a changelog, where the person allowed it and both sides only added lines: both additions stay. */
import { unionOfAdditions } from '../../domain/train/union-merge.ts';
import { readBlobs, writeBlob } from '../git/blobs.ts';
import { shownPath } from '../git/merge-objects.ts';
import { isTextConflict, NOTHING, type Content, type Rung } from './conflict.ts';

/** Larger files are no lists that people keep by hand. */
const MAX_BYTES = 4 * 1024 * 1024;

/** A name without a slash stands for files of that name anywhere. */
const isListed = (path: string, listed: ReadonlySet<string>): boolean =>
  listed.has(path) || listed.has(path.slice(path.lastIndexOf('/') + 1));

/** Text in UTF-8 alone: what cannot be written back as it was is left alone. */
const textOf = (content: Buffer | undefined): string | undefined => {
  if (content === undefined) return '';
  const text = content.toString('utf8');
  return content.length <= MAX_BYTES && !text.includes('\0') && Buffer.from(text).equals(content)
    ? text
    : undefined;
};

/** @param paths the setting `merge.union` */
export const union = (paths: readonly string[]): Rung => ({
  climb: async ({ hub, ours, files }) => {
    const listed = new Set(paths);
    const wanted = files.filter(isTextConflict).filter(({ path }) => isListed(shownPath(path), listed));
    if (wanted.length === 0) return NOTHING;
    const blobs = await readBlobs(
      hub,
      wanted.flatMap((file) => [file.base, file.ours, file.theirs].flatMap((side) => side?.oid ?? [])),
    );
    const settled = new Map<string, Content>();
    const how: string[] = [];
    const reasons: string[] = [];
    for (const file of wanted) {
      const [base, mine, theirs] = [file.base, file.ours, file.theirs].map((side) =>
        textOf(side === undefined ? undefined : blobs.get(side.oid)),
      );
      const merged =
        base === undefined || mine === undefined || theirs === undefined
          ? undefined
          : unionOfAdditions(base, mine, theirs);
      const name = shownPath(file.path);
      if (merged === undefined) {
        reasons.push(`${name}: not every change only adds lines`);
        continue;
      }
      const oid = await writeBlob(hub, Buffer.from(merged), ours);
      settled.set(file.path, { mode: file.ours.mode, oid });
      how.push(`${name}: the added lines of both sides`);
    }
    return { settled, how, reasons };
  },
});
