/** The answer to a plan that waits: approve, reject with what should be different, or a word to the planner. */
import { useId, useState } from 'react';
import type { PlanVersion } from '../../../../domain/plan/plan.ts';
import { approvePlan, discussPlan, rejectPlan } from '../../../data/actions.ts';
import { ActionButton } from '../../../parts/action.tsx';
import { Card } from '../../../parts/card.tsx';

export const PlanAnswer = ({
  swarmId,
  version,
}: {
  readonly swarmId: string;
  readonly version: PlanVersion;
}) => {
  const id = useId();
  const [words, setWords] = useState('');
  const text = words.trim();
  return (
    <Card title={`Approve version ${version.version}?`} asks>
      <div className="stack">
        <ActionButton
          icon="check"
          look="primary"
          act={(key) => approvePlan(swarmId, version.version, key)}
          done={`Version ${version.version} is approved: agents start`}
        >
          Approve and start
        </ActionButton>
        <div className="field">
          <label htmlFor={id}>What should be different</label>
          <textarea
            id={id}
            className="input"
            rows={4}
            maxLength={8_000}
            placeholder="Smaller steps; leave the database alone; tests first…"
            value={words}
            onChange={(event) => setWords(event.target.value)}
          />
        </div>
        <div className="row tight">
          <ActionButton
            icon="cross"
            look="danger"
            disabled={text === ''}
            act={(key) => rejectPlan(swarmId, text, key).then(() => setWords(''))}
            done="Rejected: the planner makes a new version"
          >
            Reject
          </ActionButton>
          <ActionButton
            icon="message"
            disabled={text === ''}
            act={(key) => discussPlan(swarmId, text, key).then(() => setWords(''))}
            done="The planner answered with a new version"
          >
            Discuss
          </ActionButton>
        </div>
      </div>
    </Card>
  );
};
