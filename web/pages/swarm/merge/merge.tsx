/** The merge train: what landed in which order and why, what overlaps with what, and how it was verified. */
import { useMemo } from 'react';
import type { Landing } from '../../../../domain/swarm/swarm.ts';
import type { VerificationRecord } from '../../../../domain/report/report.ts';
import { useMatrices, useMerges } from '../../../data/queries.ts';
import { Badge } from '../../../parts/badge.tsx';
import { Card } from '../../../parts/card.tsx';
import { duration, plural, shortSha } from '../../../parts/format.ts';
import { Empty, Loaded } from '../../../parts/states.tsx';
import { useSwarmContext } from '../context.ts';
import { MatrixMap } from './matrix.tsx';
import { together } from './together.ts';
import './merge.css';

const ROWS = 200;

const Train = ({ landings }: { readonly landings: readonly Landing[] }) => (
  <Card title="Train" aside={<span className="count">{landings.length}</span>} flush>
    {landings.length === 0 ? (
      <Empty title="Nothing has landed yet" icon="merge" />
    ) : (
      <table>
        <thead>
          <tr>
            <th scope="col" className="number">
              #
            </th>
            <th scope="col">Task</th>
            <th scope="col" className="wide">
              Merge
            </th>
            <th scope="col">Why here</th>
          </tr>
        </thead>
        <tbody>
          {landings.slice(0, ROWS).map((landing, index) => (
            <tr key={landing.taskId}>
              <td className="number muted">{index + 1}</td>
              <td className="wrap">{landing.taskId}</td>
              <td className="wide mono">{shortSha(landing.mergeCommit)}</td>
              <td className="small wrap">{landing.reason}</td>
            </tr>
          ))}
        </tbody>
      </table>
    )}
  </Card>
);

const Verification = ({ record: { commit, taskIds, result } }: { readonly record: VerificationRecord }) => (
  <li className="verification">
    <div className="row tight">
      <Badge
        look={
          result.ok
            ? { tone: 'good', icon: 'check', label: 'green' }
            : { tone: 'bad', icon: 'cross', label: `red: ${result.step}` }
        }
      />
      <span className="mono small">{shortSha(commit)}</span>
      <span className="small muted">
        {duration(result.seconds)}
        {result.cached && ' · from the cache'}
        {taskIds.length > 0 && ` · ${plural(taskIds.length, 'branch', 'branches')}`}
      </span>
    </div>
    {!result.ok && (
      <details>
        <summary className="small">
          {result.timedOut ? 'Ran out of time: ' : `Ended with ${result.exitCode}: `}
          <code>{result.command}</code>
        </summary>
        <pre
          className="log"
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keyboard
          tabIndex={0}
        >
          {result.output}
        </pre>
      </details>
    )}
  </li>
);

export const MergeTab = () => {
  const { id } = useSwarmContext();
  const matrices = useMatrices(id);
  const merges = useMerges(id);
  const matrix = useMemo(() => together(matrices.data ?? []), [matrices.data]);
  return (
    <div className="split">
      <div className="stack">
        <Loaded query={matrices}>
          {() => (
            <Card title="Overlap of the branches">
              {matrix === undefined ? (
                <Empty title="No branches have been compared yet" icon="merge">
                  Finished branches are compared pairwise before they are merged.
                </Empty>
              ) : (
                <MatrixMap matrix={matrix} />
              )}
            </Card>
          )}
        </Loaded>
        <Loaded query={merges}>{(all) => <Train landings={all.landings} />}</Loaded>
      </div>
      <Loaded query={merges}>
        {(all) => (
          <Card title="Verification" aside={<span className="count">{all.verifications.length}</span>} flush>
            {all.verifications.length === 0 ? (
              <Empty title="Nothing was verified yet" icon="check">
                The project&rsquo;s own build and test commands run on what was merged.
              </Empty>
            ) : (
              <ul>
                {all.verifications
                  .map((record, index) => (
                    // oxlint-disable-next-line react/no-array-index-key -- one commit is verified several times; new ones come last
                    <Verification key={index} record={record} />
                  ))
                  .toReversed()}
              </ul>
            )}
          </Card>
        )}
      </Loaded>
    </div>
  );
};
