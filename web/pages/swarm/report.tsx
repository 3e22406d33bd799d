/** The report of a swarm that has ended. */
import { lazy, Suspense } from 'react';
import type { Report } from '../../../domain/report/report.ts';
import { useReport, useResultDiff } from '../../data/queries.ts';
import { Badge, PhaseBadge, TaskBadge } from '../../parts/badge.tsx';
import { Card, Facts } from '../../parts/card.tsx';
import { cost, duration, plural, secondsBetween, shortSha } from '../../parts/format.ts';
import { Empty, Loaded, Loading } from '../../parts/states.tsx';
import { At, Elapsed } from '../../parts/time.tsx';
import { useSwarmContext } from './context.ts';

const DiffFiles = lazy(async () => ({ default: (await import('../../parts/diff.tsx')).DiffFiles }));

const ROWS = 300;

const Result = ({ swarmId }: { readonly swarmId: string }) => {
  const diff = useResultDiff(swarmId);
  return (
    <Card title="What changed">
      <Suspense fallback={<Loading />}>
        <Loaded query={diff}>{(text) => <DiffFiles diff={text} />}</Loaded>
      </Suspense>
    </Card>
  );
};

const Tasks = ({ report }: { readonly report: Report }) => (
  <Card title={plural(report.tasks.length, 'task')} flush>
    <table>
      <thead>
        <tr>
          <th scope="col">Task</th>
          <th scope="col">State</th>
          <th scope="col" className="wide">
            What came of it
          </th>
          <th scope="col" className="number">
            Took
          </th>
        </tr>
      </thead>
      <tbody>
        {report.tasks.slice(0, ROWS).map((task) => (
          <tr key={task.id}>
            <td className="wrap name">{task.title}</td>
            <td>
              <span className="row tight">
                <TaskBadge state={task.state} />
                {task.landing === 'landed' && (
                  <Badge look={{ tone: 'good', icon: 'merge', label: 'landed' }} />
                )}
              </span>
            </td>
            <td className="wide small wrap">
              <span className="clamp">{task.note}</span>
            </td>
            <td className="number">
              {task.startedAt === undefined ? '–' : <Elapsed from={task.startedAt} to={task.endedAt} />}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </Card>
);

export const ReportTab = () => {
  const { id, ended } = useSwarmContext();
  const report = useReport(id, ended);
  if (!ended)
    return (
      <Empty title="The report is written at the end" icon="report">
        Until then tasks, merge train and costs show how far it is.
      </Empty>
    );
  return (
    <Loaded query={report} lines={8}>
      {(found) => (
        <div className="stack">
          <div className="split">
            <div className="stack">
              {found.narrative !== undefined && (
                <Card title="In short">
                  <p className="wrap pre">{found.narrative}</p>
                </Card>
              )}
              <Tasks report={found} />
            </div>
            <Card title="Facts">
              <Facts
                values={[
                  { name: 'Outcome', value: <PhaseBadge phase={found.outcome} /> },
                  ...(found.reason === undefined ? [] : [{ name: 'Reason', value: found.reason }]),
                  { name: 'Goal', value: found.goal },
                  { name: 'Repository', value: found.repository },
                  {
                    name: 'From',
                    value: (
                      <>
                        {found.baseBranch} <code>{shortSha(found.baseCommit)}</code>
                      </>
                    ),
                  },
                  ...(found.result === undefined
                    ? []
                    : [
                        {
                          name: 'Result',
                          value: (
                            <>
                              <code>{found.result.branch}</code> <code>{shortSha(found.result.commit)}</code>
                            </>
                          ),
                        },
                      ]),
                  { name: 'Landed', value: found.landings.length },
                  { name: 'Verifications', value: found.verifications.length },
                  { name: 'Decisions', value: found.decisions.length },
                  { name: 'Started', value: <At at={found.startedAt} /> },
                  { name: 'Took', value: duration(secondsBetween(found.startedAt, found.endedAt, 0)) },
                  { name: 'Cost', value: cost(found.usage) },
                ]}
              />
            </Card>
          </div>
          {found.result !== undefined && <Result swarmId={id} />}
        </div>
      )}
    </Loaded>
  );
};
