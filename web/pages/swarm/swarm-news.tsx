/** What a person must know at once: a plan or a decision that waits elsewhere, why it ended, warnings. */
import { Link, useLocation } from 'react-router';
import type { SwarmView } from '../../../domain/swarm/swarm.ts';
import { plural } from '../../parts/format.ts';
import { Notice } from '../../parts/states.tsx';
import { PullRequest } from './pull-request.tsx';

export const SwarmNews = ({ view }: { readonly view: SwarmView }) => {
  const base = `/swarms/${view.swarmId}`;
  const { pathname } = useLocation();
  return (
    <>
      {view.phase === 'awaiting_approval' && pathname !== `${base}/plan` && (
        <Notice
          tone="ask"
          aside={
            <Link className="button slim" to={`${base}/plan`}>
              Look at it
            </Link>
          }
        >
          <strong>The plan waits for your approval.</strong> No agent starts before.
        </Notice>
      )}
      {view.openDecisions > 0 && pathname !== `${base}/decisions` && (
        <Notice
          tone="ask"
          aside={
            <Link className="button slim" to={`${base}/decisions`}>
              Decide
            </Link>
          }
        >
          <strong>
            {plural(view.openDecisions, 'decision')} wait{view.openDecisions === 1 ? 's' : ''} for you.
          </strong>
        </Notice>
      )}
      {view.reason !== undefined && (
        <Notice tone={view.phase === 'failed' ? 'bad' : 'halt'}>
          <strong>{view.phase === 'failed' ? 'It failed: ' : 'It was cancelled: '}</strong>
          {view.reason}
        </Notice>
      )}
      {view.result !== undefined && (
        <>
          <Notice tone="good">
            The result is the branch <code>{view.result.branch}</code> in your repository.
          </Notice>
          {pathname === base && <PullRequest id={view.swarmId} />}
        </>
      )}
      {view.warnings.length > 0 && (
        <Notice tone="idle">
          {view.warnings.length === 1 ? (
            view.warnings[0]
          ) : (
            <details>
              <summary>{plural(view.warnings.length, 'warning')}</summary>
              <ul>
                {view.warnings.map((warning) => (
                  <li key={warning}>{warning}</li>
                ))}
              </ul>
            </details>
          )}
        </Notice>
      )}
    </>
  );
};
