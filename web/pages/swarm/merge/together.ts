/** One matrix of all branches: each round of the train compares those that have not landed yet. */
import type { MergeMatrix, PairFacts } from '../../../../domain/train/integration.ts';

const keyOf = ({ a, b }: Pick<PairFacts, 'a' | 'b'>): string => (a < b ? `${a}\n${b}` : `${b}\n${a}`);

/** @param matrices oldest first; of a pair that was compared again, the newest counts */
export const together = (matrices: readonly MergeMatrix[]): MergeMatrix | undefined => {
  const [first] = matrices;
  if (first === undefined) return undefined;
  const branches = new Map<string, MergeMatrix['branches'][number]>();
  const pairs = new Map<string, PairFacts>();
  for (const matrix of matrices) {
    const compared = new Set(matrix.branches.map(({ taskId }) => taskId));
    for (const [key, pair] of pairs) if (compared.has(pair.a) && compared.has(pair.b)) pairs.delete(key);
    for (const branch of matrix.branches) branches.set(branch.taskId, branch);
    for (const pair of matrix.pairs) pairs.set(keyOf(pair), pair);
  }
  return { base: first.base, branches: [...branches.values()], pairs: [...pairs.values()] };
};
