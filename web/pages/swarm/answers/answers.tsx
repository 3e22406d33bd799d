/** The answers of independent mode side by side: what each changed, whether it is green, what it took; one is picked. */
import type { Candidate } from '../../../../domain/swarm/comparison.ts';
import { pickAnswer } from '../../../data/actions.ts';
import { useComparison, useDecisions } from '../../../data/queries.ts';
import { ActionButton } from '../../../parts/action.tsx';
import { Badge, TaskBadge } from '../../../parts/badge.tsx';
import { Facts } from '../../../parts/card.tsx';
import { compact, cost, count, duration, plural, tokens } from '../../../parts/format.ts';
import { Empty, Failure, Loading } from '../../../parts/states.tsx';
import type { Look } from '../../../parts/tones.ts';
import { useSwarmContext } from '../context.ts';
import { TaskDiff } from '../decisions/task-diff.tsx';
import './answers.css';

const VERIFIED_LOOKS: Readonly<Record<Candidate['verified'], Look>> = {
  green: { tone: 'good', icon: 'check', label: 'green' },
  red: { tone: 'bad', icon: 'cross', label: 'red' },
  'not verified': { tone: 'idle', icon: 'waiting', label: 'not verified' },
};

const Size = ({ size }: Pick<Candidate, 'size'>) =>
  size === undefined ? (
    '–'
  ) : (
    <span className="nowrap">
      {plural(size.files, 'file')} <ins>+{count(size.insertions)}</ins> <del>−{count(size.deletions)}</del>
    </span>
  );

const Answer = ({
  swarmId,
  candidate,
  place,
  picked,
  open,
  word,
  level,
}: {
  readonly swarmId: string;
  readonly candidate: Candidate;
  /** 1 is what is recommended. */
  readonly place: number;
  readonly picked: boolean;
  /** It can be picked. */
  readonly open: boolean;
  readonly word: string;
  readonly level: 2 | 3;
}) => {
  const Heading = level === 2 ? 'h2' : 'h3';
  const { agent, state, verified, failure, seconds, usage, summary, judgement, commit, size } = candidate;
  return (
    <section className={picked ? 'card answer picked' : 'card answer'} aria-label={agent}>
      <div className="row tight apart">
        <Heading className="mono">{agent}</Heading>
        {picked ? (
          <Badge look={{ tone: 'good', icon: 'merge', label: 'picked' }} />
        ) : (
          place === 1 && <span className="small muted">recommended</span>
        )}
      </div>
      <div className="row tight">
        {commit === undefined ? <TaskBadge state={state} /> : <Badge look={VERIFIED_LOOKS[verified]} />}
      </div>
      <Facts
        values={[
          { name: 'Changed', value: <Size size={size} /> },
          { name: 'Took', value: seconds === undefined ? '–' : duration(seconds) },
          { name: 'Cost', value: cost(usage) },
          { name: 'Tokens', value: compact(tokens(usage)) },
        ]}
      />
      {failure !== undefined && <p className="small wrap problem">{failure}</p>}
      {judgement !== undefined && (
        <p className="small wrap">
          <strong>The judge:</strong> {judgement}
        </p>
      )}
      {summary !== '' && <p className="small wrap pre clamp">{summary}</p>}
      {commit !== undefined && <TaskDiff swarmId={swarmId} taskId={agent} />}
      {open && commit !== undefined && (
        <div className="answer-foot">
          <ActionButton
            icon="check"
            look={place === 1 ? 'primary' : ''}
            label={`Pick ${agent}`}
            act={(key) => pickAnswer(swarmId, agent, word, key)}
            done={`${agent} is picked`}
          >
            Pick
          </ActionButton>
        </div>
      )}
    </section>
  );
};

/** @param open an answer can be picked, with `word` as the reason */
export const Answers = ({
  swarmId,
  open,
  word,
  level = 3,
}: {
  readonly swarmId: string;
  readonly open: boolean;
  readonly word: string;
  /** Of the headings: under the title of a decision, or of the page. */
  readonly level?: 2 | 3;
}) => {
  const { data, error, refetch } = useComparison(swarmId);
  if (data === undefined)
    return error === null ? <Loading /> : <Failure error={error} again={() => void refetch()} />;
  return (
    <div className="columns answers-columns">
      {data.candidates.map((candidate, index) => (
        <Answer
          key={candidate.agent}
          swarmId={swarmId}
          candidate={candidate}
          place={index + 1}
          picked={candidate.agent === data.picked}
          open={open}
          word={word}
          level={level}
        />
      ))}
    </div>
  );
};

export const AnswersTab = () => {
  const { id, ended } = useSwarmContext();
  const pick = useDecisions(id).data?.find((decision) => decision.kind === 'pick');
  if (pick === undefined)
    return (
      <Empty title="There is nothing to compare yet" icon="compare">
        The answers of a swarm in independent mode stand here once all its agents have ended.
      </Empty>
    );
  return <Answers swarmId={id} open={!ended && pick.answer === undefined} word="" level={2} />;
};
