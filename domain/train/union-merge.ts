/** Merges two versions of a list to which both sides only added lines. */

/** How `after` comes from `base` by insertions alone: what stands before each line of it, and at the end. */
const insertions = (base: readonly string[], after: readonly string[]): string[][] | undefined => {
  const gaps: string[][] = base.map(() => []);
  gaps.push([]);
  // What is the same at the end is matched from there: what is added on top of a list stays on top.
  let end = 0;
  while (end < base.length && base[base.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  const stop = base.length - end;
  let at = 0;
  for (const line of after.slice(0, after.length - end))
    if (at < stop && line === base[at]) at += 1;
    else gaps[at]?.push(line);
  return at === stop ? gaps : undefined;
};

/** Both, but lines that both begin or end with only once. */
const joined = (a: readonly string[], b: readonly string[]): readonly string[] => {
  let start = 0;
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a[a.length - 1 - end] === b[b.length - 1 - end])
    end += 1;
  return [...a.slice(0, a.length - end), ...b.slice(start)];
};

/** @returns undefined when a side did more than add lines */
export const unionOfAdditions = (base: string, ours: string, theirs: string): string | undefined => {
  const lines = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));
  const [a, b] = [insertions(lines(base), lines(ours)), insertions(lines(base), lines(theirs))];
  if (a === undefined || b === undefined) return undefined;
  const merged = a.flatMap((gap, index) => {
    const line = lines(base)[index];
    return [...joined(gap, b[index] ?? []), ...(line === undefined ? [] : [line])];
  });
  return merged.length === 0 ? '' : `${merged.join('\n')}\n`;
};
