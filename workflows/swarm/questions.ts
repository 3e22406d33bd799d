/**
 * The gate `question`: what an agent asks a person. The answer is kept with the decision, so that the agent, or the
 * next one at the same task, gets it whenever it asks the same again. Questions of a task that has ended are
 * withdrawn: nobody is to answer what nobody waits for.
 */
import { condition } from '@temporalio/workflow';
import type { AskHuman, AskedHuman } from '../../domain/protocol.ts';
import type { Decision } from '../../domain/swarm/swarm.ts';
import { answerDecision, closeDecision, MAX_OPEN_DECISIONS, openDecision, policyOf } from './gates.ts';
import type { Swarm, SwarmState } from './state.ts';

const QUESTION_LENGTH = 2_000;
const DETAILS_LENGTH = 6_000;
/** Of one task; an agent that asks more should end and say what it lacks. */
const MAX_QUESTIONS = 20;

const AGENT = /^agent-(\d+)(?:\.\d+)?$/;
const ordinalOf = (agent: string): string | undefined => AGENT.exec(agent)?.[1];

const isText = (value: unknown, min: number, max: number): boolean =>
  typeof value === 'string' && value.length >= min && value.length <= max;

const all = (state: SwarmState): readonly Decision[] => [...state.openDecisions, ...state.pastDecisions];

const askedByTask = (state: SwarmState, agent: string): readonly Decision[] =>
  all(state).filter(({ askedBy }) => askedBy !== undefined && ordinalOf(askedBy) === ordinalOf(agent));

/** The same question of the same task, open or answered by a person. */
const sameQuestion = (state: SwarmState, { agentId, question }: AskHuman): Decision | undefined =>
  askedByTask(state, agentId).find(
    (one) => one.question === question && (one.answer === undefined || one.answer.by === 'person'),
  );

export const askProblem = ({ state }: Swarm, input: AskHuman): string | undefined => {
  if (!isText(input?.question, 1, QUESTION_LENGTH))
    return `The question is a text of 1 to ${QUESTION_LENGTH} characters`;
  if (input.details !== undefined && !isText(input.details, 0, DETAILS_LENGTH))
    return `The details are a text of at most ${DETAILS_LENGTH} characters`;
  const { agentId } = input;
  if (
    typeof agentId !== 'string' ||
    !state.children.some((child) => `${child.ordinal}` === ordinalOf(agentId))
  )
    return 'No such agent is at work in this swarm';
  if (sameQuestion(state, input) !== undefined) return undefined;
  if (askedByTask(state, agentId).length >= MAX_QUESTIONS)
    return `This task has asked ${MAX_QUESTIONS} questions already; decide by yourself and say what you assumed`;
  return state.openDecisions.length >= MAX_OPEN_DECISIONS
    ? `${MAX_OPEN_DECISIONS} questions are open already; decide by yourself and say what you assumed`
    : undefined;
};

export const askHuman = (swarm: Swarm, input: AskHuman): AskedHuman => {
  const { state } = swarm;
  const known = sameQuestion(state, input);
  if (known !== undefined) return { decisionId: known.id };
  const { agentId, question, details = '' } = input;
  const child = state.children.find(({ ordinal }) => `${ordinal}` === ordinalOf(agentId));
  const policy = policyOf(swarm, 'question', 0);
  const { id } = openDecision(
    swarm,
    {
      kind: 'question',
      question,
      askedBy: agentId,
      approveMeans: `${agentId} is told yes, with what you say besides.`,
      rejectMeans: `${agentId} is told no, with what you say besides.`,
      taskIds: child === undefined ? [] : [child.taskId],
      detail: details,
    },
    // An agent that asks is no reason to end the swarm.
    policy === 'fail' ? 'skip' : policy,
  );
  return { decisionId: id };
};

/** Answered questions need nothing else done: whoever asked reads the answer. */
export const actOnQuestions = async (swarm: Swarm): Promise<void> => {
  const answered = (): Decision | undefined =>
    swarm.state.openDecisions.find(({ kind, answer }) => kind === 'question' && answer !== undefined);
  for (;;) {
    await condition(() => answered() !== undefined);
    const decision = answered();
    if (decision === undefined) continue;
    closeDecision(swarm, decision.id);
    swarm.news = true;
  }
};

/** The task has ended, and with it the one who asked. */
export const withdrawQuestions = (swarm: Swarm, ordinal: number): void => {
  for (const { id, kind, askedBy, answer } of swarm.state.openDecisions)
    if (kind === 'question' && answer === undefined && ordinalOf(askedBy ?? '') === `${ordinal}`)
      answerDecision(swarm, id, {
        action: 'reject',
        by: 'policy',
        feedback: 'Withdrawn: the task ended before it was answered.',
      });
};
