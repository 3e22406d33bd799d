/**
 * What the Temporal Web UI shows of a swarm: the current details, with the open decisions and how to answer them,
 * and the search attributes. Attributes are written when they change only: each write is an event of history.
 */
import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import { toDollars } from '../../domain/models/money.ts';
import { SEARCH_ATTRIBUTES } from '../../domain/protocol.ts';
import type { Decision } from '../../domain/swarm/swarm.ts';
import { clip } from '../../domain/text.ts';
import type { Swarm, SwarmState } from './state.ts';
import { totalUsage } from './views.ts';

const keys = {
  phase: defineSearchAttributeKey(SEARCH_ATTRIBUTES.phase, 'KEYWORD'),
  repository: defineSearchAttributeKey(SEARCH_ATTRIBUTES.repository, 'KEYWORD'),
  awaitingDecision: defineSearchAttributeKey(SEARCH_ATTRIBUTES.awaitingDecision, 'BOOL'),
  costUsd: defineSearchAttributeKey(SEARCH_ATTRIBUTES.costUsd, 'DOUBLE'),
};

/** PostgreSQL keeps a keyword attribute in 255 characters; the end of a path says more than its start. */
const KEYWORD_LENGTH = 255;
const SHOWN_DECISIONS = 10;

const describeDecision = (swarmId: string, decision: Decision): string[] => [
  `- **${decision.id}** (${decision.kind}): ${decision.question}`,
  `  - approve: ${decision.approveMeans} \`drover decide ${swarmId} ${decision.id} approve\``,
  `  - reject: ${decision.rejectMeans} \`drover decide ${swarmId} ${decision.id} reject\``,
  ...(decision.worktree === undefined
    ? decision.manualMeans === undefined
      ? []
      : [`  - manual: ${decision.manualMeans} \`drover decide ${swarmId} ${decision.id} manual\``]
    : [
        `  - done: resolved by hand in \`${decision.worktree}\`. \`drover decide ${swarmId} ${decision.id} --done\``,
      ]),
  ...(decision.choices === undefined
    ? []
    : [
        `  - choose: the signal \`pick\` with \`{"agent":"${decision.choices.at(-1) ?? ''}"}\`, one of ${decision.choices.join(', ')}`,
      ]),
  `  - here: send the signal \`resolveDecision\` with \`{"id":"${decision.id}","action":"approve"}\``,
  ...(decision.detail === '' ? [] : ['', '```', clip(decision.detail, 600), '```', '']),
];

const details = (swarm: Swarm): string => {
  const { state, input } = swarm;
  const open = state.openDecisions.filter((decision) => decision.answer === undefined);
  return [
    `**${state.phase.replaceAll('_', ' ')}**${state.paused ? ', paused' : ''}: ${state.completed} of ${state.tasks.size} tasks completed, ${state.children.length} agents at work, ${state.landedTasks.length} branches landed`,
    ...(open.length === 0
      ? []
      : [
          '',
          `### ${open.length} decisions wait for you`,
          ...open.slice(0, SHOWN_DECISIONS).flatMap((decision) => describeDecision(input.swarmId, decision)),
        ]),
    ...(state.warnings.length === 0 ? [] : ['', ...state.warnings.slice(-5).map((text) => `- ⚠ ${text}`)]),
  ].join('\n');
};

const upsertChanged = (swarm: Swarm): void => {
  const { state, input } = swarm;
  const shown = workflowInfo().typedSearchAttributes;
  const awaiting = state.openDecisions.some((decision) => decision.answer === undefined);
  const repository = input.repository.slice(-KEYWORD_LENGTH);
  const phaseChanged = shown.get(keys.phase) !== state.phase;
  if (
    !phaseChanged &&
    shown.get(keys.awaitingDecision) === awaiting &&
    shown.get(keys.repository) === repository
  )
    return;
  upsertSearchAttributes([
    { key: keys.phase, value: state.phase },
    { key: keys.repository, value: repository },
    { key: keys.awaitingDecision, value: awaiting },
    // Cost changes with every call; shown as of the last phase, or as the gateway tells now and then.
    ...(phaseChanged ? [{ key: keys.costUsd, value: costOf(state) }] : []),
  ]);
};

/** What ended tasks have used, and what the gateway has counted besides for those that run. */
const costOf = (state: SwarmState): number =>
  Math.max(totalUsage(state).costUsd, toDollars(state.spentMicros ?? 0));

export const showCost = (swarm: Swarm): void => {
  const value = costOf(swarm.state);
  if (workflowInfo().typedSearchAttributes.get(keys.costUsd) !== value)
    upsertSearchAttributes([{ key: keys.costUsd, value }]);
};

export const showProgress = (swarm: Swarm): void => {
  setCurrentDetails(details(swarm));
  upsertChanged(swarm);
};

export const enterPhase = (swarm: Swarm, phase: SwarmState['phase']): void => {
  swarm.state.phase = phase;
  showProgress(swarm);
};
