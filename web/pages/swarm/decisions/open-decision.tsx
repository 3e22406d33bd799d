/** One open question with its evidence and its two answers. */
import { useId, useState } from 'react';
import { Link } from 'react-router';
import { plainText } from '../../../../domain/text.ts';
import type { Decision } from '../../../../domain/swarm.ts';
import { pickAnswer, resolveDecision } from '../../../data/actions.ts';
import { ActionButton } from '../../../parts/action.tsx';
import { Badge } from '../../../parts/badge.tsx';
import { Card } from '../../../parts/card.tsx';
import { Icon } from '../../../parts/icon.tsx';
import { Ago } from '../../../parts/time.tsx';
import { TaskDiff } from './task-diff.tsx';

/** Whose work it is about, as far as it can be shown side by side. */
const DIFFS = 4;

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
        done={action === 'done' ? `${id}: what you did is checked` : `${id}: a worktree is made`}
      >
        {action === 'done' ? 'Done by hand' : 'By hand'}
      </ActionButton>
      <span className="small muted wrap">
        <Icon name="chevron" /> {worktree === undefined ? manualMeans : <code>{worktree}</code>}
      </span>
    </div>
  );
};

export const OpenDecision = ({
  swarmId,
  decision,
  ended,
}: {
  readonly swarmId: string;
  readonly decision: Decision;
  readonly ended: boolean;
}) => {
  const id = useId();
  const [feedback, setFeedback] = useState('');
  const choices = decision.choices ?? [];
  const [choice, setChoice] = useState(choices[0]);
  const word = feedback.trim();
  const approve = (key: string) =>
    choice === undefined
      ? resolveDecision(swarmId, decision.id, 'approve', word, key)
      : pickAnswer(swarmId, choice, word, key);
  const reject = (key: string) => resolveDecision(swarmId, decision.id, 'reject', word, key);
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
        {decision.taskIds.length > 0 && (
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
        {decision.taskIds.slice(0, DIFFS).map((taskId) => (
          <TaskDiff key={taskId} swarmId={swarmId} taskId={taskId} />
        ))}
        {!ended && (
          <>
            {choices.length > 0 && (
              <fieldset className="choices">
                <legend className="label">Which one</legend>
                {choices.map((one, index) => (
                  <label key={one} className="row tight">
                    <input
                      type="radio"
                      name={`${id}-choice`}
                      checked={choice === one}
                      onChange={() => setChoice(one)}
                    />
                    <span className="mono">{one}</span>
                    {index === 0 && <span className="small muted">recommended</span>}
                  </label>
                ))}
              </fieldset>
            )}
            <div className="field">
              <label htmlFor={id}>A word with the answer (may stay empty)</label>
              <textarea
                id={id}
                className="input"
                rows={2}
                maxLength={8_000}
                value={feedback}
                onChange={(event) => setFeedback(event.target.value)}
              />
            </div>
            <div className="answers">
              <div className="stack tight">
                <ActionButton
                  icon="check"
                  look="primary"
                  label={`Approve ${decision.id}`}
                  act={approve}
                  done={`${decision.id}: approved`}
                >
                  Approve
                </ActionButton>
                <span className="small muted wrap">
                  <Icon name="chevron" /> {decision.approveMeans}
                </span>
              </div>
              <div className="stack tight">
                <ActionButton
                  icon="cross"
                  look="danger"
                  label={`Reject ${decision.id}`}
                  act={reject}
                  done={`${decision.id}: rejected`}
                >
                  Reject
                </ActionButton>
                <span className="small muted wrap">
                  <Icon name="chevron" /> {decision.rejectMeans}
                </span>
              </div>
              <ByHand swarmId={swarmId} decision={decision} />
            </div>
          </>
        )}
      </div>
    </Card>
  );
};
