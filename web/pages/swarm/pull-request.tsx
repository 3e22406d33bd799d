/** The pull request of a swarm that has a result: opening and following it, how far that is, ending it. */
import { useId, useState } from 'react';
import { Link } from 'react-router';
import type { FollowedPullRequest } from '../../../domain/protocol.ts';
import { followPullRequest, stopFollowing } from '../../data/actions.ts';
import { usePullRequest } from '../../data/queries.ts';
import { ActionButton } from '../../parts/action.tsx';
import { Notice } from '../../parts/states.tsx';

const STATES: Readonly<Record<Exclude<FollowedPullRequest['state'], 'none'>, string>> = {
  opening: 'is being opened',
  watching: 'is watched',
  working: 'has feedback that an agent takes up',
  ended: 'is no longer followed',
};

/** Only a page: the address comes from whatever server GITHUB_API_URL names. */
const isPage = (url: string): boolean => /^https?:\/\//.test(url);

const Follow = ({ id, again }: { readonly id: string; readonly again: boolean }) => {
  const field = useId();
  const [remote, setRemote] = useState('origin');
  const [base, setBase] = useState('');
  return (
    <ActionButton
      look="slim"
      act={(key) => followPullRequest(id, { remote: remote.trim(), base: base.trim() }, key)}
      confirm={{
        title: 'Follow a pull request?',
        text: (
          <div className="field">
            <p>
              The result is pushed and its pull request opened on GitHub. Agents take up red checks and
              comments of people who may write, at most three times, until it is closed.
            </p>
            <label htmlFor={`${field}remote`}>Remote of the repository</label>
            <input
              id={`${field}remote`}
              className="input"
              value={remote}
              onChange={(event) => setRemote(event.target.value)}
            />
            <label htmlFor={`${field}base`}>Into this branch (empty: the one the swarm started from)</label>
            <input
              id={`${field}base`}
              className="input"
              value={base}
              onChange={(event) => setBase(event.target.value)}
            />
          </div>
        ),
        yes: 'Push and follow',
      }}
    >
      {again ? 'Follow it again' : 'Open a pull request'}
    </ActionButton>
  );
};

const Name = ({ pull }: { readonly pull: FollowedPullRequest }) =>
  pull.where === undefined || pull.url === undefined || !isPage(pull.url) ? (
    <>{pull.where ?? 'of this swarm'}</>
  ) : (
    <a href={pull.url} target="_blank" rel="noreferrer">
      {pull.where}
    </a>
  );

export const PullRequest = ({ id }: { readonly id: string }) => {
  const { data: pull } = usePullRequest(id);
  if (pull === undefined) return null;
  if (pull.state === 'none')
    return (
      <Notice tone="idle" aside={<Follow id={id} again={false} />}>
        The result can become a pull request whose feedback agents take up.
      </Notice>
    );
  const over = pull.state === 'ended';
  return (
    <>
      <Notice
        tone={over ? 'idle' : 'busy'}
        aside={
          over ? (
            <Follow id={id} again />
          ) : (
            <ActionButton look="slim" icon="stop" act={(key) => stopFollowing(id, key)}>
              Stop following
            </ActionButton>
          )
        }
      >
        The pull request <Name pull={pull} /> {STATES[pull.state]}
        {pull.reason === undefined ? '.' : `: ${pull.reason}`}
        {pull.followUps.length > 0 && (
          <ol aria-label="Swarms that took feedback up">
            {pull.followUps.map((swarm) => (
              <li key={swarm}>
                <Link to={`/swarms/${swarm}`}>{swarm}</Link>
              </li>
            ))}
          </ol>
        )}
      </Notice>
      {pull.waiting !== undefined && (
        <Notice
          tone="ask"
          aside={
            <Link className="button slim" to={`/swarms/${pull.waiting.swarmId}/decisions`}>
              Decide
            </Link>
          }
        >
          <strong>What takes the feedback up waits for you.</strong> {pull.waiting.decisions[0]?.question}
        </Notice>
      )}
    </>
  );
};
