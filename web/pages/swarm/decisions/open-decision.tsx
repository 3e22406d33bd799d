/** One open question with its evidence and its two answers. */
import { useIsMutating } from '@tanstack/react-query';
import { useId, useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import { plainText } from '../../../../domain/text.ts';
import type { Decision } from '../../../../domain/swarm/swarm.ts';
import { resolveDecision } from '../../../data/actions.ts';
import { ActionButton } from '../../../parts/action.tsx';
import { Badge } from '../../../parts/badge.tsx';
import { Card } from '../../../parts/card.tsx';
import { Ago } from '../../../parts/time.tsx';
import { Answers } from '../answers/answers.tsx';
import { Conflict } from './conflict.tsx';
import { TaskDiff } from './task-diff.tsx';

/** Whose work it is about, as far as it can be shown side by side. */
const DIFFS = 4;

/** Its answers, of which one is given at a time. */
const aboutDecision = (swarmId: string, id: string): readonly string[] => ['decision', swarmId, id];

/** What an answer will do. */
const Means = ({ children }: { readonly children: ReactNode }) => (
  <span className="small muted wrap">{children}</span>
);

/** A person takes the conflict on, and says so when it is resolved. */
const ByHand = ({ swarmId, decision }: { readonly swarmId: string; readonly decision: Decision }) => {
  const { id, manualMeans, worktree } = decision;
  if (manualMeans === undefined && worktree === undefined) return null;
  const action = worktree === undefined ? 'manual' : 'done';
  return (
    <div className="stack tight">
      <ActionButton
        icon="edit"
        label={action === 'done' ? `Done by hand ${id}` : `Resolve ${id} by hand`}
        act={(key) => resolveDecision(swarmId, id, action, '', key)}
        about={aboutDecision(swarmId, id)}
        done={action === 'done' ? `${id}: what you did is taken over` : `${id}: a worktree is made`}
      >
        {action === 'done' ? 'Done by hand' : 'By hand'}
      </ActionButton>
      <Means>{worktree === undefined ? manualMeans : <code>{worktree}</code>}</Means>
    </div>
  );
};

/** What a person needs to know to decide. */
const Evidence = ({ swarmId, decision }: { readonly swarmId: string; readonly decision: Decision }) => (
  <>
    {decision.refused !== undefined && (
      <p className="wrap tone-bad">Not taken over: {plainText(decision.refused.reason)}</p>
    )}
    {decision.detail !== '' && (
      <pre
        className="log evidence"
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keyboard
        tabIndex={0}
        aria-label="What is needed to decide"
      >
        {plainText(decision.detail)}
      </pre>
    )}
    {decision.kind === 'conflict' &&
      decision.taskIds
        .slice(0, 1)
        .map((taskId) => <Conflict key={taskId} swarmId={swarmId} taskId={taskId} />)}
    {decision.taskIds.slice(0, DIFFS).map((taskId) => (
      <TaskDiff key={taskId} swarmId={swarmId} taskId={taskId} />
    ))}
  </>
);

export const OpenDecision = ({
  swarmId,
  decision,
  ended,
  folded = false,
}: {
  readonly swarmId: string;
  readonly decision: Decision;
  readonly ended: boolean;
  /** The evidence is opened by hand, where many decisions stand below each other. */
  readonly folded?: boolean;
}) => {
  const id = useId();
  const [feedback, setFeedback] = useState('');
  const word = feedback.trim();
  const about = aboutDecision(swarmId, decision.id);
  // Until the page shows the answer.
  const isAnswering = useIsMutating({ mutationKey: about }) > 0;
  // One answer of several is picked where it is shown.
  const picks = (decision.choices ?? []).length > 0;
  return (
    <Card
      title={decision.question}
      asks
      aside={
        <span className="row tight">
          <Badge look={{ tone: 'ask', icon: 'question', label: decision.kind }} />
          <span className="small muted">
            {decision.id} · <Ago at={decision.openedAt} />
          </span>
        </span>
      }
    >
      <div className="stack">
        {decision.taskIds.length > 0 && !picks && (
          <p className="small">
            About{' '}
            {decision.taskIds.map((taskId, index) => (
              <span key={taskId}>
                {index > 0 && ', '}
                <Link to={`/swarms/${swarmId}?task=${taskId}`}>{taskId}</Link>
              </span>
            ))}
          </p>
        )}
        {picks ? (
          <Answers swarmId={swarmId} open={!ended} word={word} />
        ) : folded ? (
          <details>
            <summary className="label">What is needed to decide</summary>
            <div className="stack unfolded">
              <Evidence swarmId={swarmId} decision={decision} />
            </div>
          </details>
        ) : (
          <Evidence swarmId={swarmId} decision={decision} />
        )}
        {!ended && (
          <>
            <div className="field">
              <label htmlFor={id}>A word with the answer (may stay empty)</label>
              <textarea
                id={id}
                className="input brief"
                rows={2}
                maxLength={8_000}
                value={feedback}
                onChange={(event) => setFeedback(event.target.value)}
              />
            </div>
            <fieldset className="answers" disabled={isAnswering} aria-label={`Answers to ${decision.id}`}>
              {!picks && (
                <div className="stack tight">
                  <ActionButton
                    icon="check"
                    look="primary"
                    label={`Approve ${decision.id}`}
                    act={(key) => resolveDecision(swarmId, decision.id, 'approve', word, key)}
                    about={about}
                    done={`${decision.id}: approved`}
                  >
                    Approve
                  </ActionButton>
                  <Means>{decision.approveMeans}</Means>
                </div>
              )}
              <div className="stack tight">
                <ActionButton
                  icon="cross"
                  look="danger"
                  label={`Reject ${decision.id}`}
                  act={(key) => resolveDecision(swarmId, decision.id, 'reject', word, key)}
                  about={about}
                  done={`${decision.id}: rejected`}
                >
                  Reject
                </ActionButton>
                <Means>{decision.rejectMeans}</Means>
              </div>
              <ByHand swarmId={swarmId} decision={decision} />
            </fieldset>
          </>
        )}
      </div>
    </Card>
  );
};
