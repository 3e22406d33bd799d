/** Adds amounts of the same name up, largest first. */
export const sumBy = <T>(
  items: readonly T[],
  nameOf: (item: T) => string,
  usdOf: (item: T) => number,
): { readonly name: string; readonly usd: number }[] => {
  const sums = new Map<string, number>();
  for (const item of items) {
    const name = nameOf(item);
    sums.set(name, (sums.get(name) ?? 0) + usdOf(item));
  }
  return [...sums].map(([name, usd]) => ({ name, usd })).sort((a, b) => b.usd - a.usd);
};
