/**
 * A team at work: its lead is asked whenever something has happened that it does not know of, its calls change the
 * team (`domain/team/calls.ts`), and the pieces of work that come of it are tasks like those of any swarm.
 */
import { CancellationScope, condition, sleep } from '@temporalio/workflow';
import { agentId } from '../../domain/names.ts';
import { beginTurn, leadAnswered } from '../../domain/team/calls.ts';
import {
  beginPieces,
  isUnderWay,
  leadIsDue,
  newTeam,
  personAnswers,
  pieceEnded,
  standingOf,
  type TeamState,
} from '../../domain/team/team.ts';
import { addUsage } from '../../domain/models/usage.ts';
import { childOfTask, stopChild } from '../tasks/children.ts';
import { continueIfLong } from '../swarm/continue.ts';
import { scheduleOf, startReady } from '../swarm/executing.ts';
import { beside, giveUp } from '../failures.ts';
import { closeDecision, openDecision, policyOf } from '../swarm/gates.ts';
import { hostOf } from '../swarm/opening.ts';
import { persist } from '../swarm/phase-gate.ts';
import { addVersion, answerPlanRequests } from '../plan/versions.ts';
import { leadership, teamPlans } from '../proxies.ts';
import { newestVersion, warn, type Swarm } from '../swarm/state.ts';
import { skipStuck } from '../tasks/changes.ts';
import { takeEnds } from '../tasks/ends.ts';
import { enterPhase, showProgress } from '../swarm/web-ui.ts';

export const leading = async (swarm: Swarm): Promise<void> => {
  const { state } = swarm;
  if (state.phase === 'planning') begin(swarm);
  if (state.phase !== 'executing') return;
  const clock = { over: false };
  beside(() => CancellationScope.nonCancellable(() => watchTime(swarm, clock)));
  swarm.schedule = scheduleOf(swarm);
  while (teamOf(swarm).end === undefined) {
    swarm.news = false;
    takePieces(swarm);
    takeAnswers(swarm);
    askPerson(swarm);
    await answerRequests(swarm);
    await beginWork(swarm);
    await continueIfLong(swarm, () => answerRequests(swarm));
    startReady(swarm);
    showProgress(swarm);
    if (clock.over) outOfTime(swarm);
    else if (leadIsDue(teamOf(swarm)) && !state.paused) await askLead(swarm);
    else await condition(() => swarm.news || clock.over);
  }
  await endOf(swarm);
};

const begin = (swarm: Swarm): void => {
  const { state, input } = swarm;
  if (input.team === undefined) throw giveUp('The input names no team.');
  state.team = newTeam(input.team);
  enterPhase(swarm, 'executing');
};

const teamOf = ({ state }: Swarm): TeamState => {
  if (state.team === undefined) throw giveUp('There is no team.');
  return state.team;
};

const watchTime = async (swarm: Swarm, clock: { over: boolean }): Promise<void> => {
  const { seconds } = teamOf(swarm).rules.limits;
  await sleep(Math.max(0, swarm.state.startedAt + seconds * 1000 - Date.now()));
  clock.over = true;
};

const outOfTime = (swarm: Swarm): void => {
  const team = teamOf(swarm);
  const reason = `The team has used up its ${team.rules.limits.seconds} s`;
  swarm.state.team = { ...team, end: { kind: 'time', reason } };
};

/** Pieces that have ended. How one failed is for the lead to judge, not for a gate. */
const takePieces = (swarm: Swarm): void => {
  const { state } = swarm;
  const { ended } = state;
  takeEnds(swarm);
  for (const { taskId, outcome, purpose } of ended) {
    const task = state.tasks.get(taskId);
    if (task === undefined || purpose !== 'task') continue;
    state.team = pieceEnded(teamOf(swarm), {
      taskId,
      agentId: agentId(task.ordinal, Math.max(1, task.attempts)),
      ok: outcome.state === 'completed',
      changed: outcome.commit !== undefined,
      note: outcome.note,
    });
  }
};

const planTaskOf = (member: { readonly name: string; readonly pieces: number }): string =>
  `${member.name}-${member.pieces}`;

/** One plan after the other is shown to the person, who answers as to the plan of any swarm. */
const askPerson = (swarm: Swarm): void => {
  if (swarm.state.openDecisions.some(({ kind }) => kind === 'plan')) return;
  const member = teamOf(swarm).members.find(({ state }) => state === 'awaiting_person');
  if (member === undefined) return;
  const task = swarm.state.tasks.get(planTaskOf(member));
  openDecision(
    swarm,
    {
      kind: 'plan',
      question: `Let ${member.name} (${member.role}) carry its plan out? The lead has approved it.`,
      approveMeans: `${member.name} begins to change files, on a branch of its own.`,
      rejectMeans: 'It revises its plan with your feedback, and the lead is told.',
      taskIds: task === undefined ? [] : [task.outline.id],
      // A note is short; the agent's log has its plan as it wrote it.
      detail: `${task?.note ?? ''}\n\nThe whole plan: drover logs ${swarm.input.swarmId} ${member.planOf ?? ''}`,
    },
    policyOf(swarm, 'plan', -1),
  );
};

const takeAnswers = (swarm: Swarm): void => {
  const { state } = swarm;
  const answered = state.openDecisions.find(({ kind, answer }) => kind === 'plan' && answer !== undefined);
  if (answered?.answer === undefined) return;
  const { action, feedback = '' } = answered.answer;
  closeDecision(swarm, answered.id);
  const member = teamOf(swarm).members.find((one) => planTaskOf(one) === answered.taskIds[0]);
  if (member === undefined) return;
  const approved = action === 'approve';
  const words =
    approved || feedback !== '' ? feedback : 'Your plan was rejected without a reason. Plan differently.';
  state.team = personAnswers(teamOf(swarm), member.name, approved, words);
};

/** A person may add tasks of their own to the plan of a team. */
const answerRequests = async (swarm: Swarm): Promise<void> => {
  if (swarm.planRequests.length === 0) return;
  await answerPlanRequests(swarm);
  swarm.schedule = scheduleOf(swarm);
};

const beginWork = async (swarm: Swarm): Promise<void> => {
  const { state, input } = swarm;
  if (state.paused) return;
  const { team, pieces } = beginPieces(teamOf(swarm));
  if (pieces.length === 0) return;
  // Before it is stored: what comes into the mailboxes meanwhile is for the pieces after these.
  state.team = team;
  const key = newestVersion(state)?.key;
  const drafted = await persist(swarm, 'Adding the work of the team', () =>
    teamPlans(hostOf(swarm)).addPieces({
      swarmId: input.swarmId,
      goal: input.goal,
      pieces,
      ...(key === undefined ? {} : { key }),
    }),
  );
  await addVersion(swarm, drafted, 'model', 'approved');
  swarm.schedule = scheduleOf(swarm);
};

const askLead = async (swarm: Swarm): Promise<void> => {
  const { state } = swarm;
  const { team, told } = beginTurn(teamOf(swarm));
  state.team = team;
  const answer = await persist(swarm, 'Asking the lead', () => leadTurn(swarm, told));
  const refusals = teamOf(swarm).refused.length;
  const { team: next, stops } = leadAnswered(teamOf(swarm), answer.calls);
  state.team = { ...next, transcriptKey: answer.transcriptKey };
  for (const refused of next.refused.slice(refusals)) warn(state, `The lead was refused: ${refused}`);
  for (const taskId of stops) {
    const child = childOfTask(swarm, taskId);
    if (child !== undefined) beside(() => stopChild(swarm, child));
    else cancelWaiting(swarm, taskId);
  }
};

/** The piece of a member that was shut down before an agent had a place. */
const cancelWaiting = ({ state }: Swarm, taskId: string): void => {
  const task = state.tasks.get(taskId);
  if (task?.state !== 'pending') return;
  task.state = 'cancelled';
  task.landing = 'skipped';
  task.note = 'Its agent was shut down by the lead';
};

const leadTurn = async (
  swarm: Swarm,
  told: Pick<TeamState, 'news' | 'replies'>,
  closing?: readonly string[],
): ReturnType<ReturnType<typeof leadership>['leadTurn']> => {
  const { state, input } = swarm;
  const team = teamOf(swarm);
  const turn = team.turns + 1;
  const answer = await leadership(hostOf(swarm), turn).leadTurn({
    swarmId: input.swarmId,
    settingsKey: input.settingsKey,
    goal: input.goal,
    turn,
    rules: team.rules,
    ...told,
    standing: standingOf(team),
    ...(team.transcriptKey === undefined ? {} : { transcriptKey: team.transcriptKey }),
    ...(closing === undefined ? {} : { closing }),
  });
  state.overhead = addUsage(state.overhead, answer.usage);
  return answer;
};

/** Done, what was made is merged; stuck or at a limit, the team ends as failed, with a report. */
const endOf = async (swarm: Swarm): Promise<void> => {
  const { state } = swarm;
  const { end } = teamOf(swarm);
  if (end !== undefined && end.kind !== 'done') throw giveUp(`The team has ended: ${end.reason}.`);
  // Tasks that a person added have no member.
  await condition(() => state.children.length === 0);
  takePieces(swarm);
  if (isUnderWay(teamOf(swarm))) throw giveUp('The team ended while members were at work.');
  skipStuck(swarm);
  delete swarm.schedule;
  enterPhase(swarm, 'integrating');
};

const factsOf = ({ state }: Swarm): readonly string[] =>
  [...state.tasks.values()].map(
    ({ outline, state: how, landing = 'nothing to merge', note }) =>
      `${outline.id} (${outline.title}): ${how}, ${landing}. ${note}`,
  );

/** The lead sums up all that it knows. Without its words there is a report all the same. */
export const closingWords = async (swarm: Swarm): Promise<void> => {
  const { state } = swarm;
  if (state.phase !== 'synthesising' || teamOf(swarm).closingKey !== undefined) return;
  const { team, told } = beginTurn(teamOf(swarm));
  state.team = team;
  const answer = await persist(
    swarm,
    'Asking the lead for the closing report',
    () => leadTurn(swarm, told, factsOf(swarm)),
    {
      means: 'The report is written without the words of the lead.',
      instead: () => undefined,
    },
  );
  if (answer === undefined) return;
  const { transcriptKey } = answer;
  state.team = { ...teamOf(swarm), transcriptKey, closingKey: transcriptKey };
};
