/** What people tell Drover to do, one function each. The last argument is the key of the intention. */
import type { ReleaseState } from '../../domain/backlog/backlog.ts';
import type { PlanEdit } from '../../domain/plan/plan.ts';
import type { EditPlanResult } from '../../domain/protocol.ts';
import type { DecisionAction } from '../../domain/swarm/swarm.ts';
import { patch, path, post, remove } from './request.ts';
import type {
  AddedFeatures,
  ChangeSchedule,
  CreateSchedule,
  RunBacklog,
  StartSwarm,
  StartTeam,
} from './wire.ts';

export const startSwarm = (request: StartSwarm, key: string) =>
  post<{ readonly id: string }>('/api/swarms', request, key);

export const startTeam = (request: StartTeam, key: string) =>
  post<{ readonly id: string }>('/api/teams', request, key);
/** @param to a member of the team, or its lead */
export const messageTeam = (id: string, to: string, text: string, key: string) =>
  post(path('teams', id, 'message'), { to, text }, key);

export const approvePlan = (id: string, version: number, key: string) =>
  post(path('swarms', id, 'plan', 'approve'), { version }, key);
export const rejectPlan = (id: string, feedback: string, key: string) =>
  post(path('swarms', id, 'plan', 'reject'), { feedback }, key);
export const discussPlan = (id: string, text: string, key: string) =>
  post<EditPlanResult>(path('swarms', id, 'plan', 'discuss'), { text }, key);
export const editPlan = (id: string, edits: readonly PlanEdit[], key: string) =>
  post<EditPlanResult>(path('swarms', id, 'plan', 'edits'), { edits }, key);

export const resolveDecision = (
  id: string,
  decisionId: string,
  action: DecisionAction,
  feedback: string,
  key: string,
) =>
  post(
    path('swarms', id, 'decisions', decisionId, 'resolve'),
    { action, ...(feedback === '' ? {} : { feedback }) },
    key,
  );
/** Takes the answer of one agent, in independent mode. */
export const pickAnswer = (id: string, agent: string, feedback: string, key: string) =>
  post(path('swarms', id, 'pick'), { agent, ...(feedback === '' ? {} : { feedback }) }, key);

export const pauseSwarm = (id: string, key: string) => post(path('swarms', id, 'pause'), {}, key);
export const resumeSwarm = (id: string, key: string) => post(path('swarms', id, 'resume'), {}, key);
export const cancelSwarm = (id: string, key: string) => post(path('swarms', id, 'cancel'), {}, key);
export const setParallelism = (id: string, parallelism: number, key: string) =>
  post(path('swarms', id, 'parallelism'), { parallelism }, key);

export const cancelTask = (id: string, taskId: string, key: string) =>
  post(path('swarms', id, 'tasks', taskId, 'cancel'), {}, key);
export const retryTask = (id: string, taskId: string, key: string) =>
  post(path('swarms', id, 'tasks', taskId, 'retry'), {}, key);
/** Leaves out its finished branch. */
export const discardTask = (id: string, taskId: string, key: string) =>
  post(path('swarms', id, 'tasks', taskId, 'discard'), {}, key);
/** Brings its finished branch into a branch of the repository, now. */
export const mergeTask = (id: string, task: string, into: string, key: string) =>
  post(path('swarms', id, 'merge'), { task, ...(into === '' ? {} : { into }) }, key);

/** Pushes the result, opens its pull request, and has agents take up what is said about it. */
export const followPullRequest = (
  id: string,
  { remote, base }: { readonly remote: string; readonly base: string },
  key: string,
) =>
  post(
    path('swarms', id, 'pull-request', 'follow'),
    { ...(remote === '' ? {} : { remote }), ...(base === '' ? {} : { pullRequest: { base } }) },
    key,
  );
export const stopFollowing = (id: string, key: string) =>
  post(path('swarms', id, 'pull-request', 'stop'), {}, key);

export const killAgent = (id: string, agentId: string, reason: string, key: string) =>
  post(path('swarms', id, 'agents', agentId, 'kill'), reason === '' ? {} : { reason }, key);
export const messageAgent = (id: string, agentId: string, text: string, key: string) =>
  post(path('swarms', id, 'agents', agentId, 'message'), { text }, key);

export const createSchedule = (request: CreateSchedule, key: string) => post('/api/schedules', request, key);
export const changeSchedule = (name: string, change: ChangeSchedule) =>
  patch(path('schedules', name), change);
export const deleteSchedule = (name: string) => remove(path('schedules', name));
export const pauseSchedule = (name: string, key: string) => post(path('schedules', name, 'pause'), {}, key);
export const resumeSchedule = (name: string, key: string) => post(path('schedules', name, 'resume'), {}, key);
export const triggerSchedule = (name: string, key: string) =>
  post(path('schedules', name, 'trigger'), {}, key);

export const addFeatures = (
  { repository, features }: { readonly repository: string; readonly features: readonly object[] },
  key: string,
) => post<AddedFeatures>('/api/features', { repository, features }, key);
/** @param notes why, for whoever tries it next */
export const releaseFeature = (
  repository: string,
  id: number,
  status: ReleaseState,
  notes: string,
  key: string,
) => post(path('features', String(id), 'release'), { repository, status, notes }, key);
export const dropFeature = (repository: string, id: number) =>
  remove(`${path('features', String(id))}?repository=${encodeURIComponent(repository)}`);
export const runBacklog = (request: RunBacklog, key: string) => post('/api/features/run', request, key);
export const stopBacklog = (repository: string, key: string) =>
  post('/api/features/run/stop', { repository }, key);

export const forgetLesson = (id: string, key: string) => post(path('lessons', id, 'forget'), {}, key);
