/**
 * Brings work of a swarm further than its own branch: into another branch, to a remote, into a pull request. The
 * same steps are done at the end of a swarm that was asked to, and whenever a person asks for them.
 */
import { ApplicationFailure } from '@temporalio/workflow';
import type {
  DeliveryRequest,
  DeliveryResult,
  IntoRequest,
  IntoResult,
  PullRequestRequest,
  PullRequestResult,
  PushRequest,
  PushResult,
} from '../domain/delivery/delivery.ts';
import { pullRequestTitle } from '../domain/delivery/delivery.ts';
import { resultBranch } from '../domain/names.ts';
import type { DeliveryInput } from '../domain/protocol.ts';
import { delivering, verifying } from './proxies.ts';

type Work = Omit<DeliveryInput, 'request'>;

interface DeliveryStep {
  readonly what: string;
  readonly run: () => Promise<DeliveryResult>;
}

export async function delivery({ request, ...work }: DeliveryInput): Promise<DeliveryResult> {
  let result: DeliveryResult = {};
  for (const step of deliverySteps(work, request, () => result))
    result = { ...result, ...(await step.run()) };
  return result;
}

/** @param soFar what the steps before have come to */
export const deliverySteps = (
  work: Work,
  { into, push, pullRequest }: DeliveryRequest,
  soFar: () => DeliveryResult,
): readonly DeliveryStep[] => [
  ...(into === undefined
    ? []
    : [
        {
          what: `Delivering into ${into.branch}`,
          run: async () => ({ into: await bringInto(work, into) }),
        },
      ]),
  ...(push === undefined
    ? []
    : [{ what: 'Pushing', run: async () => ({ push: await pushWork(work, push) }) }]),
  ...(pullRequest === undefined
    ? []
    : [
        {
          what: 'Opening the pull request',
          run: async () => ({ pullRequest: await openFor(work, pullRequest, soFar().push) }),
        },
      ]),
];

const refused = (message: string): ApplicationFailure =>
  ApplicationFailure.create({ type: 'wrongState', message, nonRetryable: true });

const bringInto = async (
  { host, swarmId, repository, settingsKey, commit, name }: Work,
  { branch, merge, unverified = false }: IntoRequest,
): Promise<IntoResult> => {
  const activities = delivering(host, `into ${branch}`);
  const { kind, from, to } = await activities.prepareInto({
    swarmId,
    repository,
    branch,
    commit,
    merge,
    name,
  });
  if (kind === 'already') return { branch, commit: to, how: kind };
  if (!unverified) {
    const result = await verifying(host, `build and test for ${branch}`).verify({
      swarmId,
      commit: to,
      settingsKey,
    });
    if (!result.ok)
      throw refused(
        `${branch} with ${name} would be red: ${result.step} "${result.command}" ended with ${result.exitCode}. ${branch} stays as it is. The output is in ${result.logPath}`,
      );
  }
  await activities.moveInto({ swarmId, repository, branch, from, to });
  return { branch, commit: to, how: kind };
};

export const pushWork = (
  { host, swarmId, repository, commit }: Work,
  { remote, branch = resultBranch(swarmId) }: PushRequest,
): Promise<PushResult> =>
  delivering(host, `push ${branch}`).push({ swarmId, repository, remote, branch, commit });

export const openFor = (
  { host, swarmId, goal, baseBranch }: Work,
  { base = baseBranch, repository, draft = false }: PullRequestRequest,
  pushed: PushResult | undefined,
): Promise<PullRequestResult> => {
  const where = repository ?? pushed?.repository;
  if (pushed === undefined || where === undefined)
    throw refused(
      'There is no pushed branch to open a pull request for, or its remote does not say owner/name: give --github owner/name',
    );
  return delivering(host, `pull request of ${pushed.branch}`).openPullRequest({
    swarmId,
    repository: where,
    branch: pushed.branch,
    base,
    title: pullRequestTitle(goal),
    draft,
  });
};
