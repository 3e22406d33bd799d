/** The overlap matrix as a heat map: each cell is a pair of branches, the darker the more they have in common. */
import { useMemo, useState } from 'react';
import type { MergeMatrix, PairFacts } from '../../../../domain/train/integration.ts';
import { count, plural } from '../../../parts/format.ts';

/** More branches do not fit; those with the most in common are shown. */
const SHOWN = 60;

type Heat = 'none' | 'paths' | 'hunks' | 'conflict';

const heatOf = (pair: PairFacts | undefined): Heat => {
  if (pair === undefined) return 'none';
  if (pair.conflictPaths.length > 0) return 'conflict';
  return pair.overlappingHunks > 0 ? 'hunks' : 'paths';
};

const HEAT_WORDS: Readonly<Record<Heat, string>> = {
  none: 'nothing in common',
  paths: 'the same files',
  hunks: 'the same lines',
  conflict: 'conflict',
};
const SIGNS: Readonly<Record<Heat, string>> = { none: '', paths: '·', hunks: '≈', conflict: '×' };

const keyOf = (a: string, b: string): string => (a < b ? `${a}\n${b}` : `${b}\n${a}`);

const weightOf = (pair: PairFacts): number =>
  pair.conflictPaths.length * 100 + pair.overlappingHunks * 10 + pair.sharedPaths.length;

const told = (a: string, b: string, pair: PairFacts | undefined): string =>
  `${a} and ${b}: ${HEAT_WORDS[heatOf(pair)]}`;

export const MatrixMap = ({ matrix }: { readonly matrix: MergeMatrix }) => {
  const pairs = useMemo(() => new Map(matrix.pairs.map((pair) => [keyOf(pair.a, pair.b), pair])), [matrix]);
  const shown = useMemo(() => {
    const ids = matrix.branches.map((branch) => branch.taskId);
    if (ids.length <= SHOWN) return ids;
    const weights = new Map<string, number>();
    for (const pair of matrix.pairs)
      for (const id of [pair.a, pair.b]) weights.set(id, (weights.get(id) ?? 0) + weightOf(pair));
    return ids.toSorted((a, b) => (weights.get(b) ?? 0) - (weights.get(a) ?? 0)).slice(0, SHOWN);
  }, [matrix]);
  const [chosen, setChosen] = useState<readonly [string, string]>();
  const pair = chosen === undefined ? undefined : pairs.get(keyOf(...chosen));
  const conflicts = matrix.pairs.filter((one) => one.conflictPaths.length > 0).length;
  return (
    <div className="stack">
      <p className="small muted">
        {plural(matrix.branches.length, 'branch', 'branches')}, {plural(matrix.pairs.length, 'pair')} with
        files in common, {conflicts} in conflict
        {matrix.branches.length > SHOWN && ` · the ${SHOWN} with the most in common are shown`}
      </p>
      <div className="scroll-x">
        <table className="heat">
          <caption className="unseen">Overlap of the branches, pair by pair</caption>
          <thead>
            <tr>
              <td />
              {shown.map((id) => (
                <th key={id} scope="col">
                  <span>{id}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row, y) => (
              <tr key={row}>
                <th scope="row">{row}</th>
                {shown.map((column, x) => {
                  if (x === y) return <td key={column} className="self" />;
                  const here = pairs.get(keyOf(row, column));
                  const heat = heatOf(here);
                  return (
                    <td key={column} className={`heat-${heat}`}>
                      {here !== undefined && (
                        <button
                          type="button"
                          aria-label={told(row, column, here)}
                          title={told(row, column, here)}
                          onClick={() => setChosen([row, column])}
                        >
                          {SIGNS[heat]}
                        </button>
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <ul className="row small muted">
        {(['conflict', 'hunks', 'paths'] as const).map((heat) => (
          <li key={heat} className="row tight">
            <span className={`heat-key heat-${heat}`}>{SIGNS[heat]}</span>
            {HEAT_WORDS[heat]}
          </li>
        ))}
      </ul>
      {chosen !== undefined && pair !== undefined && (
        <div className="stack tight pair-facts" role="status">
          <h3 className="wrap">
            {chosen[0]} and {chosen[1]}
          </h3>
          {pair.conflictPaths.length > 0 && (
            <p className="small wrap">
              <strong>In conflict:</strong> <span className="mono">{pair.conflictPaths.join(', ')}</span>
            </p>
          )}
          <p className="small wrap">
            {count(pair.overlappingHunks)} overlapping hunks; in common:{' '}
            <span className="mono">{pair.sharedPaths.join(', ')}</span>
          </p>
        </div>
      )}
    </div>
  );
};
