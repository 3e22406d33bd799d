/** Questions to a person: those that are open with all that is needed to answer them, then the answered ones. */
import type { Decision } from '../../../../domain/swarm/swarm.ts';
import { useDecisions } from '../../../data/queries.ts';
import { Badge } from '../../../parts/badge.tsx';
import { Card } from '../../../parts/card.tsx';
import { Empty, Loaded } from '../../../parts/states.tsx';
import { At } from '../../../parts/time.tsx';
import { useSwarmContext } from '../context.ts';
import { OpenDecision } from './open-decision.tsx';
import './decisions.css';

const BY = {
  person: 'by a person',
  policy: 'by the policy of the gate',
  timeout: 'because the time was over',
} as const;

const Answered = ({ decision }: { readonly decision: Decision }) =>
  decision.answer === undefined ? null : (
    <li className="answered">
      <Badge
        look={
          decision.answer.action !== 'reject'
            ? {
                tone: 'good',
                icon: 'check',
                label: decision.answer.action === 'done' ? 'done by hand' : 'approved',
              }
            : { tone: 'bad', icon: 'cross', label: 'rejected' }
        }
      />
      <div className="stack tight">
        <span className="wrap">{decision.question}</span>
        <span className="small muted">
          {decision.answer.choice !== undefined && <strong>{decision.answer.choice} · </strong>}
          {decision.kind} · {decision.id} · {BY[decision.answer.by]} · <At at={decision.answer.at} />
        </span>
        {decision.answer.feedback !== undefined && (
          <p className="small wrap quote">{decision.answer.feedback}</p>
        )}
      </div>
    </li>
  );

export const DecisionsTab = () => {
  const { id, ended } = useSwarmContext();
  const decisions = useDecisions(id);
  return (
    <Loaded query={decisions} lines={6}>
      {(all) => {
        const open = all.filter((decision) => decision.answer === undefined);
        const answered = all.filter((decision) => decision.answer !== undefined).toReversed();
        if (all.length === 0)
          return (
            <Empty title="No decision was needed" icon="question">
              A conflict, a red build or test, or a task that failed for good would wait here for an answer.
            </Empty>
          );
        return (
          <div className="stack">
            {open.map((decision) => (
              <OpenDecision key={decision.id} swarmId={id} decision={decision} ended={ended} />
            ))}
            {answered.length > 0 && (
              <Card title="Answered" flush>
                <ul>
                  {answered.map((decision) => (
                    <Answered key={decision.id} decision={decision} />
                  ))}
                </ul>
              </Card>
            )}
          </div>
        );
      }}
    </Loaded>
  );
};
