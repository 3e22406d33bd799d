/**
 * The gate `budget`: the money of a swarm is used up. Its agents wait at the gateway; a person raises the budget or
 * ends the work. What is finished by then is merged all the same.
 */
import { condition } from '@temporalio/workflow';
import { dollarText, parseDollars, toMicros } from '../../domain/models/money.ts';
import type { BudgetNotice } from '../../domain/protocol.ts';
import type { Decision } from '../../domain/swarm/swarm.ts';
import { stopChild } from '../tasks/children.ts';
import { beside } from '../failures.ts';
import { closeDecision, openDecision, policyOf } from './gates.ts';
import { hostOf } from './opening.ts';
import { persist } from './phase-gate.ts';
import { budgets } from '../proxies.ts';
import { showCost } from './web-ui.ts';
import { warn, type Swarm } from './state.ts';
import { cancelPendingTask } from '../tasks/changes.ts';

/** What a plain yes adds, as a share of the budget: enough to go on, and not so much that nobody asks again. */
const RAISE = 0.5;

const isAmount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Anybody who can signal the workflow can send one. */
const isNotice = ({ kind, limitMicros, spentMicros, neededMicros }: BudgetNotice): boolean =>
  ['warning', 'reached', 'spent'].includes(kind) && [limitMicros, spentMicros, neededMicros].every(isAmount);

const raised = ({ limitMicros, spentMicros, neededMicros }: BudgetNotice): number =>
  Math.max(limitMicros + Math.ceil(limitMicros * RAISE), spentMicros + neededMicros);

/** Where the money is shared: how much there is for all, and what is gone. */
const ofAll = ({ state }: Swarm, spentMicros: number): string => {
  const shared = state.rules?.sharedBudget;
  if (shared === undefined) return '';
  const before = toMicros(shared.spentUsd);
  return ` That is what is left for this swarm: of the ${dollarText(toMicros(shared.limitUsd))} for the whole backlog ${dollarText(before + spentMicros)} are spent, ${dollarText(before)} of them by the swarms before it.`;
};

export const noteBudget = (swarm: Swarm, notice: BudgetNotice): void => {
  const { state } = swarm;
  if (!isNotice(notice)) return warn(state, 'A word about the budget was ignored: it makes no sense.');
  const { kind, limitMicros, spentMicros, neededMicros } = notice;
  state.spentMicros = Math.max(state.spentMicros ?? 0, spentMicros);
  if (kind === 'spent') return showCost(swarm);
  const spent = `${dollarText(spentMicros)} of the budget of ${dollarText(limitMicros)}`;
  if (kind === 'warning') return warn(state, `${spent} are spent.${ofAll(swarm, spentMicros)}`);
  if (state.openDecisions.some((decision) => decision.kind === 'budget')) return;
  const next = raised(notice);
  const policy = policyOf(swarm, 'budget', state.budgetRaises ?? 0);
  openDecision(
    swarm,
    {
      kind: 'budget',
      question: `The budget of ${dollarText(limitMicros)} is used up. Raise it?`,
      approveMeans: `It becomes ${dollarText(next)}, or what you say instead, such as 7.50; the agents go on.`,
      rejectMeans:
        'No model is called any more: running and waiting tasks are cancelled, what is finished is merged.',
      taskIds: [],
      detail: `${spent} are spent.${ofAll(swarm, spentMicros)} A call was held that may cost up to ${dollarText(neededMicros)}; agents wait for this decision.`,
    },
    // To fail would lose what is finished and paid for.
    policy === 'fail' ? 'skip' : policy,
  );
  state.budgetNotice = notice;
};

/** Acts on answers for as long as the run lives, in whatever phase. */
export const actOnBudget = async (swarm: Swarm): Promise<void> => {
  const answered = (): Decision | undefined =>
    swarm.state.openDecisions.find(({ kind, answer }) => kind === 'budget' && answer !== undefined);
  for (;;) {
    await condition(() => answered() !== undefined && !swarm.loading);
    const decision = answered();
    if (decision !== undefined) await actOn(swarm, decision);
  }
};

const actOn = async (swarm: Swarm, { id, answer }: Decision): Promise<void> => {
  const { state, input } = swarm;
  const approved = answer?.action === 'approve';
  const asked = parseDollars(answer?.feedback ?? '');
  const notice = state.budgetNotice;
  const limitMicros = asked ?? (notice === undefined ? 0 : raised(notice));
  if (approved && answer?.by === 'policy') state.budgetRaises = (state.budgetRaises ?? 0) + 1;
  // Before the gateway knows: what it refuses from then on is no failure to ask about.
  if (!approved) state.budgetClosed = true;
  await persist(swarm, approved ? 'Raising the budget' : 'Closing the budget', () =>
    budgets(hostOf(swarm)).changeBudget(
      approved ? { swarmId: input.swarmId, limitMicros } : { swarmId: input.swarmId, close: true },
    ),
  );
  closeDecision(swarm, id);
  swarm.news = true;
  if (approved) return;
  for (const child of state.children) beside(() => stopChild(swarm, child));
  for (const task of state.tasks.values())
    if (task.state === 'pending') cancelPendingTask(swarm, task.outline.id);
};
