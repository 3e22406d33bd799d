/**
 * Names that Drover gives to things: swarms, agents, refs, workflow ids. Every name that reaches git, a path
 * or a process comes from here, so that no text of a user, a plan or a model is ever used as one.
 */

/** Refs are only ever built from this pattern. Git's own check accepts `a;id` and `a$(id)`. */
const REF_PATTERN = /^[a-z0-9][a-z0-9._/-]{0,99}$/;
const TASK_ID_PATTERN = /^[a-z0-9][a-z0-9-]{0,39}$/;
const SWARM_ID_PATTERN = /^[a-z0-9][a-z0-9-]{0,59}$/;
const SHA_PATTERN = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

export const isTaskId = (value: string): boolean => TASK_ID_PATTERN.test(value);
export const isSwarmId = (value: string): boolean => SWARM_ID_PATTERN.test(value);
export const isSha = (value: string): boolean => SHA_PATTERN.test(value);

/** Is `name` one that Drover may hand to git as a branch? Stricter than git itself. */
export const isRefName = (name: string): boolean =>
  REF_PATTERN.test(name) &&
  !name.includes('..') &&
  !name.includes('//') &&
  !name.endsWith('/') &&
  !name.endsWith('.') &&
  !name.endsWith('.lock') &&
  !name.includes('/.') &&
  !name.includes('./');

/** Is `name` a branch of a person's own that Drover may name to git? Upper case and a few signs more. */
export const isBranchName = (name: string): boolean =>
  /^[A-Za-z0-9][A-Za-z0-9._/@+-]{0,199}$/.test(name) &&
  !name.includes('..') &&
  !name.includes('//') &&
  !name.includes('@{') &&
  !name.includes('/.') &&
  !name.endsWith('/') &&
  !name.endsWith('.') &&
  !name.split('/').some((part) => part.endsWith('.lock')) &&
  name !== 'HEAD';

/** `text` as a lower-case, dash-separated name of at most `max` characters; `fallback` when nothing is left. */
export const slug = (text: string, max = 40, fallback = 'task'): string => {
  const cut = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, max)
    .replace(/-+$/, '');
  return cut === '' ? fallback : cut;
};

/** The agent of one attempt at the task with the given place in the plan: `agent-3`, on a retry `agent-3.2`. */
export const agentId = (ordinal: number, attempt: number): string =>
  attempt === 1 ? `agent-${ordinal}` : `agent-${ordinal}.${attempt}`;

/** The agent's branch in the hub and in its workspace: the same word as the agent. */
export const agentBranch = (agent: string): string => agent;

/** The branch of the base in the hub, as in `git diff main..agent-0`. */
export const HUB_BASE_BRANCH = 'main';
/** The branch of the merge train in the hub. */
export const HUB_RESULT_BRANCH = 'result';

/** The branch that a swarm leaves in the user's repository. */
export const resultBranch = (swarmId: string): string => `drover/${swarmId}`;

export const taskWorkflowId = (swarmId: string, taskId: string): string => `${swarmId}/task/${taskId}`;

/** The `n`th fixing agent of a swarm. */
export const fixWorkflowId = (swarmId: string, n: number): string => `${swarmId}/fix/${n}`;

/** The `n`th delivery of a swarm that a person asked for. */
export const deliveryWorkflowId = (swarmId: string, n: string): string => `${swarmId}/delivery/${n}`;
/** Who follows the pull request of a swarm: one at a time. */
export const followWorkflowId = (swarmId: string): string => `${swarmId}/pull-request`;

/** So short that the id of each of its swarms can hold it, with the time. */
const SCHEDULE_NAME_PATTERN = /^[a-z0-9][a-z0-9-]{0,35}$/;
export const isScheduleName = (value: string): boolean => SCHEDULE_NAME_PATTERN.test(value);

/**
 * The swarm of one run of a schedule. Temporal names the run by the schedule and its time
 * (`nightly-2026-11-21T03:00:00Z`); the same run is the same swarm, however often it is tried.
 */
export const scheduledSwarmId = (runId: string): string => slug(runId, 60, 'swarm');

/** Task queue of the workflows. */
export const WORKFLOW_TASK_QUEUE = 'drover';
/** Task queue of the activities that need the disk of one host. */
export const hostTaskQueue = (hostId: string): string => `drover-host-${hostId}`;
