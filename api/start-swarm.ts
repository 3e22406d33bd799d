/** Starts a swarm: stores plan and settings in its directory, then starts its workflow under a new id. */
import { createHash, randomInt } from 'node:crypto';
import { basename } from 'node:path';
import { defineSearchAttributeKey, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { IndependentMode } from '../domain/comparison.ts';
import type { DeliveryRequest } from '../domain/delivery.ts';
import { DroverFailure } from '../domain/failures.ts';
import { slug, WORKFLOW_TASK_QUEUE } from '../domain/names.ts';
import type { Plan, PlanSource } from '../domain/plan.ts';
import { SEARCH_ATTRIBUTES, WORKFLOWS, type SwarmInput } from '../domain/protocol.ts';
import type { SwarmSettings } from '../domain/settings.ts';
import { putArtifact } from '../store/artifacts.ts';
import { swarmDirectory } from '../store/home.ts';
import type { DroverClient } from './client.ts';
import { fromTemporal } from './temporal-errors.ts';
import { swarmHandle, type SwarmHandle } from './swarm-handle.ts';

export interface StartSwarm {
  /** Of the person's intention: the same key and goal are the same swarm, however often it is started. */
  readonly key?: string;
  readonly goal: string;
  /** Absolute path of the repository. */
  readonly repository: string;
  readonly base?: string;
  /** A plan that was read and checked; a model makes it when absent. */
  readonly plan?: Plan;
  readonly settings: SwarmSettings;
  /** All tasks of the plan answer the same prompt; one of their branches becomes the result. */
  readonly independent?: IndependentMode;
  /** What is done with the result besides its own branch. */
  readonly delivery?: DeliveryRequest;
  /** Approve the first plan without asking. */
  readonly approve: boolean;
}

const SUMMARY_LENGTH = 200;
const DETAILS_LENGTH = 15_000;
/** PostgreSQL keeps a keyword attribute in 255 characters; the end of a path says more than its start. */
const KEYWORD_LENGTH = 255;
/** Ids have 1.7 million endings per goal; a clash is refused by the server and tried again. */
const TRIES = 5;

/** A new id: the goal in short and four characters that make it unique. */
const newSwarmId = (goal: string, key?: string): string =>
  `${slug(goal, 32, 'swarm')}-${key === undefined ? randomEnding() : endingFor(key)}`;

const randomEnding = (): string =>
  randomInt(36 ** 4)
    .toString(36)
    .padStart(4, '0');

/** Too long to meet another one by chance, as it would be taken for the same swarm. */
const endingFor = (key: string): string =>
  BigInt(`0x${createHash('sha256').update(key).digest('hex')}`)
    .toString(36)
    .slice(0, 12);

/** Markdown of user text for the Web UI, cut to what Temporal stores. */
const details = (input: StartSwarm): string =>
  [
    input.goal.slice(0, DETAILS_LENGTH),
    '',
    `- repository: \`${input.repository}\``,
    `- base: \`${input.base ?? 'HEAD'}\``,
    `- plan: ${input.plan === undefined ? 'made by a model' : `${input.plan.tasks.length} tasks, from a file`}`,
    `- executor: \`${input.settings.executor}\`, ${input.settings.parallelism} agents at once`,
  ].join('\n');

const start = async (client: DroverClient, swarmId: string, input: StartSwarm): Promise<void> => {
  const directory = swarmDirectory(client.home, swarmId);
  const settingsKey = await putArtifact(directory, input.settings);
  const planSource: PlanSource =
    input.plan === undefined
      ? { kind: 'model' }
      : { kind: 'file', key: await putArtifact(directory, input.plan) };
  const workflowInput: SwarmInput = {
    swarmId,
    goal: input.goal,
    repository: input.repository,
    planSource,
    settingsKey,
    approve: input.approve,
    ...(input.base === undefined ? {} : { base: input.base }),
    ...(input.delivery === undefined ? {} : { delivery: input.delivery }),
    ...(input.independent === undefined ? {} : { independent: input.independent }),
    ...(input.settings.webhooks === undefined ? {} : { webhooks: input.settings.webhooks }),
  };
  await client.temporal.workflow.start(WORKFLOWS.swarm, {
    workflowId: swarmId,
    taskQueue: WORKFLOW_TASK_QUEUE,
    args: [workflowInput],
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'FAIL',
    staticSummary: `${basename(input.repository)}: ${input.goal.split('\n', 1)[0] ?? ''}`.slice(
      0,
      SUMMARY_LENGTH,
    ),
    staticDetails: details(input),
    typedSearchAttributes: [
      { key: defineSearchAttributeKey(SEARCH_ATTRIBUTES.phase, 'KEYWORD'), value: 'planning' },
      {
        key: defineSearchAttributeKey(SEARCH_ATTRIBUTES.repository, 'KEYWORD'),
        value: input.repository.slice(-KEYWORD_LENGTH),
      },
      { key: defineSearchAttributeKey(SEARCH_ATTRIBUTES.awaitingDecision, 'BOOL'), value: false },
      { key: defineSearchAttributeKey(SEARCH_ATTRIBUTES.costUsd, 'DOUBLE'), value: 0 },
    ],
  });
};

export const startSwarm = async (client: DroverClient, input: StartSwarm): Promise<SwarmHandle> => {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const swarmId = newSwarmId(input.goal, input.key);
    try {
      await start(client, swarmId, input);
      return swarmHandle(client, swarmId);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw fromTemporal(error, 'swarm');
      if (input.key !== undefined) return swarmHandle(client, swarmId);
    }
  }
  throw new DroverFailure('wrongState', `${TRIES} new ids for this goal were all taken`, {
    hint: 'run the command again, or word the goal differently',
  });
};
