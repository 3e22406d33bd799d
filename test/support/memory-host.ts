/**
 * A host whose activities keep everything in memory, for tests of the workflows: agents do what the test says,
 * commits are sets of task ids, merges unite them. Records what was asked of it.
 */
import { createHash } from 'node:crypto';
import { CancelledFailure, Context } from '@temporalio/activity';
import type { AgentActivities, AgentReport, WorkspaceActivities } from '../../activities/contract/agents.ts';
import type { ComparisonActivities } from '../../activities/contract/comparison.ts';
import type { DeliveryActivities, FollowActivities } from '../../activities/contract/delivery.ts';
import type { DraftedPlan, PlanActivities } from '../../activities/contract/plan.ts';
import type { ReportActivities } from '../../activities/contract/report.ts';
import type { HostActivities } from '../../activities/contract/start.ts';
import type { TeamActivities } from '../../activities/contract/team.ts';
import type { BudgetActivities } from '../../activities/contract/budget.ts';
import type {
  Accept,
  ConflictActivities,
  IntegrationActivities,
  VerifyActivities,
} from '../../activities/contract/train.ts';
import type { AttemptNote, DependencyNote, FixRequest } from '../../domain/agents/agent.ts';
import type { OutsideChanges } from '../../domain/agents/declared-files.ts';
import { agentId } from '../../domain/names.ts';
import { DroverFailure } from '../../domain/failures.ts';
import type { VerifyResult } from '../../domain/train/integration.ts';
import { applyEdits } from '../../domain/plan/edits.ts';
import type { Task } from '../../domain/plan/plan.ts';
import type { PullRequestNews } from '../../domain/delivery/pull-request.ts';
import { wholeLandings, wholeTasks } from '../../domain/report/pages.ts';
import type { Report } from '../../domain/report/report.ts';
import type { SwarmSettings } from '../../domain/swarm/settings.ts';
import { readCall } from '../../domain/team/tools.ts';
import type { Piece } from '../../domain/team/team.ts';
import { NO_USAGE } from '../../domain/models/usage.ts';
import { taskOf } from '../../activities/team/piece-text.ts';
import { memoryRemote } from './memory-remote.ts';

export type HostActivityInterfaces = HostActivities &
  PlanActivities &
  WorkspaceActivities &
  AgentActivities &
  BudgetActivities &
  ComparisonActivities &
  IntegrationActivities &
  ConflictActivities &
  VerifyActivities &
  ReportActivities &
  TeamActivities &
  DeliveryActivities &
  FollowActivities;

/** One attempt, as the test sees it. */
export interface AgentCall {
  readonly swarmId: string;
  readonly taskId: string;
  readonly agentId: string;
  readonly attempt: number;
  readonly previous: readonly AttemptNote[];
  readonly dependencies: readonly DependencyNote[];
  readonly fix?: FixRequest;
  /** Aborted when the agent is to stop. */
  readonly signal: AbortSignal;
}

type LeadSays = string | readonly (readonly [tool: string, input: object])[];

export interface MemoryHostOptions {
  readonly tasks: readonly Task[];
  readonly settings?: Partial<SwarmSettings>;
  /** What an agent does; it completes with a change when this returns nothing. */
  readonly agent?: (call: AgentCall) => Promise<Partial<AgentReport> | void> | Partial<AgentReport> | void;
  /** The plan of a version, after feedback. */
  readonly replan?: (feedback: string, version: number) => readonly Task[];
  /** Paths that conflict when `taskId` is merged into what `tip` holds. */
  readonly conflict?: (taskId: string, tip: ReadonlySet<string>, fixed: boolean) => readonly string[];
  /** How the conflict of this task resolves without anybody. */
  readonly resolve?: (taskId: string) => string | undefined;
  /** The conflict between what a task builds on resolves without anybody. */
  readonly join?: boolean;
  /** Why what a person left in the worktree cannot be taken over yet. */
  readonly byHand?: (taskId: string) => string | undefined;
  /** The failing step of a tree that holds the work of these tasks; `<task>+` is a task's work after a fix. */
  readonly red?: (
    work: ReadonlySet<string>,
  ) => 'setup' | 'build' | 'test' | { readonly acceptanceOf: string } | undefined;
  /** What the branch of this task changed besides its files. */
  readonly outside?: (taskId: string) => OutsideChanges | undefined;
  /** Names of the answers, best first; none when absent. */
  readonly judge?: (agents: readonly string[]) => readonly string[];
  /** What the lead of a team answers: its calls, or the words with which it says that it is done. */
  readonly lead?: (input: Parameters<TeamActivities['leadTurn']>[0]) => LeadSays | Promise<LeadSays>;
  /** Of the pull request that is followed. */
  readonly pullRequestNews?: readonly PullRequestNews[];
  /** Called at the start of each activity, by name; may throw. */
  readonly before?: (activity: string) => void;
}

const SETTINGS: SwarmSettings = {
  parallelism: 4,
  executor: 'command',
  modelByCategory: { default: 'sonnet' },
  modelAliases: {},
  prices: {},
  retries: 0,
  limits: {
    wallSeconds: { default: 60 },
    graceSeconds: 1,
    logBytes: 1e6,
    outputBytes: 1e6,
    turns: 10,
    tokens: 1e6,
  },
  setup: [],
  copyFiles: [],
  sparse: [],
  portsPerAgent: 0,
  env: {},
  passEnv: [],
  build: [{ name: 'build', run: 'make', timeoutSeconds: 60 }],
  test: [{ name: 'test', run: 'make test', timeoutSeconds: 60 }],
  gates: { plan: 'ask', task: 'ask', conflict: 'ask', build: 'ask', test: 'ask', phase: 'ask' },
  fixAttempts: 2,
  approval: { reminderSeconds: 0, timeoutSeconds: 0, onTimeout: 'cancel' },
};

/** A task with defaults. */
export const task = (id: string, more: Partial<Task> = {}): Task => ({
  id,
  title: `Task ${id}`,
  description: `Do ${id}`,
  dependsOn: [],
  priority: 2,
  category: 'default',
  files: [],
  ...more,
});

const sha = (text: string): string => createHash('sha1').update(text).digest('hex');

export type MemoryHost = ReturnType<typeof createMemoryHost>;

export const createMemoryHost = (hostId: string, options: MemoryHostOptions) => {
  const settings = { ...SETTINGS, ...options.settings };
  const plans = new Map<string, readonly Task[]>();
  const work = new Map<string, ReadonlySet<string>>();
  const base = sha('base');
  work.set(base, new Set());
  const prepared = new Map<string, Omit<AgentCall, 'signal'>>();
  const running = new Set<string>();
  /** Tip and branch that a person was given, by task. */
  const given = new Map<string, readonly string[]>();
  const pages: { key: string; page: Parameters<ReportActivities['recordResults']>[0] }[] = [];
  const log = {
    /** Task ids in the order in which their agents began. */
    started: [] as string[],
    calls: [] as Omit<AgentCall, 'signal'>[],
    mostAtOnce: 0,
    discarded: [] as string[],
    resumed: [] as Parameters<AgentActivities['resumeAgent']>[0][],
    messages: [] as { agentId: string; text: string }[],
    verified: [] as (readonly string[])[],
    /** What each verification was told of the tasks' acceptance commands. */
    accepted: [] as (Accept | undefined)[],
    merged: [] as (readonly string[])[],
    feedback: [] as string[],
    train: [base],
    delivered: [] as string[],
    closed: 0,
    reports: [] as Report[],
    leadTurns: [] as Parameters<TeamActivities['leadTurn']>[0][],
    pieces: [] as Piece[],
    budgets: [] as Parameters<BudgetActivities['changeBudget']>[0][],
  };
  const before = (activity: string): void => options.before?.(activity);

  const store = (key: string, tasks: readonly Task[], summary: string): DraftedPlan => {
    plans.set(key, tasks);
    return { key, taskCount: tasks.length, summary, changes: [], warnings: [], usage: NO_USAGE };
  };
  const commitOf = (names: ReadonlySet<string>): string => {
    const commit = sha([...names].join(','));
    work.set(commit, names);
    return commit;
  };
  const workOf = (commit: string): ReadonlySet<string> => {
    const found = work.get(commit);
    if (found === undefined) throw new DroverFailure('toolBroken', `no such commit ${commit}`);
    return found;
  };

  const activities: HostActivityInterfaces = {
    ...memoryRemote(base, options.pullRequestNews),
    leadTurn: async (input) => {
      before('leadTurn');
      log.leadTurns.push(input);
      const said = (await options.lead?.(input)) ?? 'done';
      return {
        transcriptKey: sha(`turn ${input.turn}`),
        text: typeof said === 'string' ? said : '',
        calls:
          typeof said === 'string'
            ? []
            : said.map(([tool, given], index) => readCall(`call-${input.turn}-${index}`, tool, given)),
        usage: NO_USAGE,
      };
    },
    addPieces: async ({ key, pieces }) => {
      before('addPieces');
      const known = key === undefined ? [] : (plans.get(key) ?? []);
      const next = [...known, ...pieces.map((piece) => taskOf(piece, piece.planOf))];
      const newKey = sha(JSON.stringify(next.map(({ id }) => id)));
      if (!plans.has(newKey)) log.pieces.push(...pieces);
      return store(newKey, next, 'team');
    },
    changeBudget: async (input) => {
      log.budgets.push(input);
    },
    openSwarm: async () => {
      before('openSwarm');
      return {
        host: hostId,
        directory: '/nowhere',
        baseBranch: 'main',
        baseCommit: base,
        warnings: [],
        settings,
      };
    },
    draftPlan: async ({ version, feedback }) => {
      before('draftPlan');
      if (feedback !== undefined) log.feedback.push(feedback);
      const tasks =
        feedback === undefined ? options.tasks : (options.replan?.(feedback, version) ?? options.tasks);
      return store(`plan-${version}`, tasks, `version ${version}`);
    },
    editPlan: async ({ key, edits }) => {
      before('editPlan');
      return store(`${key}-e`, applyEdits(plans.get(key) ?? [], edits), 'edited');
    },
    readPlan: async ({ key, from }) => {
      before('readPlan');
      const tasks = plans.get(key) ?? [];
      const page = tasks.slice(from, from + 1_000);
      return {
        tasks: page.map(({ id, title, dependsOn, priority, acceptance }) => ({
          id,
          title,
          dependsOn,
          priority,
          ...(acceptance === undefined ? {} : { accepts: true as const }),
        })),
        ...(from + 1_000 < tasks.length ? { next: from + 1_000 } : {}),
      };
    },
    prepareAgent: async (input) => {
      before('prepareAgent');
      const agent = agentId(input.ordinal, input.attempt);
      const { swarmId, taskId, attempt, previous, dependencies, fix } = input;
      for (const dependency of dependencies) workOf(dependency.commit);
      prepared.set(agent, {
        swarmId,
        taskId,
        attempt,
        previous,
        dependencies,
        agentId: agent,
        ...(fix === undefined ? {} : { fix }),
      });
      const { retries, allowEmpty } =
        [...plans.values()].flat().find((one) => one.id === taskId) ?? ({} as Partial<Task>);
      return {
        kind: 'ready',
        agentId: agent,
        title: taskId,
        executor: 'command',
        model: '',
        wallSeconds: 60,
        graceSeconds: 1,
        // Tasks of these tests may be without a change unless they say otherwise.
        ...(allowEmpty === false ? { mustChange: true as const } : {}),
        retries: retries ?? settings.retries,
      };
    },
    runAgent: async ({ agentId: agent }) => {
      before('runAgent');
      const call = prepared.get(agent);
      if (call === undefined) throw new DroverFailure('notFound', `no workspace of ${agent}`);
      const context = Context.current();
      const beat = setInterval(() => context.heartbeat(), 200);
      running.add(agent);
      log.started.push(call.taskId);
      log.calls.push(call);
      log.mostAtOnce = Math.max(log.mostAtOnce, running.size);
      try {
        const report = await options.agent?.({ ...call, signal: context.cancellationSignal });
        return {
          outcome: 'completed',
          summary: `did ${call.taskId}`,
          usage: NO_USAGE,
          changed: true,
          ...report,
        };
      } finally {
        clearInterval(beat);
        running.delete(agent);
      }
    },
    resumeAgent: async (input) => {
      before('resumeAgent');
      log.resumed.push(input);
      return { resumed: true };
    },
    handOver: async ({ agentId: agent }) => {
      before('handOver');
      const call = prepared.get(agent);
      if (call === undefined) throw new DroverFailure('notFound', `no workspace of ${agent}`);
      const names = new Set(call.dependencies.flatMap((one) => [...workOf(one.commit)]));
      if (call.fix !== undefined)
        for (const name of [
          ...workOf(call.fix.onto),
          ...(call.fix.kind === 'conflict' ? workOf(call.fix.commit) : []),
        ])
          names.add(name);
      names.add(call.fix === undefined ? call.taskId : `${call.taskId}+`);
      const outside = options.outside?.(call.taskId);
      return { kind: 'accepted', commit: commitOf(names), ...(outside === undefined ? {} : { outside }) };
    },
    discardAgent: async ({ agentId: agent }) => {
      before('discardAgent');
      log.discarded.push(agent);
      return undefined;
    },
    deliverMessage: async ({ agentId: agent, text }) => {
      before('deliverMessage');
      log.messages.push({ agentId: agent, text });
    },
    closeSwarm: async () => {
      before('closeSwarm');
      log.closed += 1;
    },
    mergeBranches: async ({ tip, branches }) => {
      before('mergeBranches');
      log.merged.push(branches.map((branch) => branch.taskId));
      let names = workOf(tip);
      let at = tip;
      const merged = [];
      const conflicts = [];
      for (const { taskId, commit } of branches) {
        const paths = options.conflict?.(taskId, names, workOf(commit).has(`${taskId}+`)) ?? [];
        if (paths.length > 0) conflicts.push({ taskId, commit, paths, withTasks: [...names] });
        else {
          names = new Set([...names, ...workOf(commit)]);
          at = commitOf(new Set([...names, `merge of ${taskId} ${commit.slice(0, 4)}`]));
          names = workOf(at);
          merged.push({ taskId, mergeCommit: at, reason: 'in order' });
        }
      }
      return { tip: at, merged, conflicts, matrixKey: sha(JSON.stringify(branches)) };
    },
    resolveConflict: async ({ taskId, tip, commit }) => {
      before('resolveConflict');
      const how = options.resolve?.(taskId);
      return how === undefined
        ? { kind: 'unresolved', reason: '', paths: [] }
        : {
            kind: 'resolved',
            commit: commitOf(new Set([...workOf(tip), ...workOf(commit), `${taskId}+`])),
            how: [how],
          };
    },
    joinDependencies: async ({ dependencies }) => {
      before('joinDependencies');
      const names = dependencies.flatMap(({ commit }) => [...workOf(commit)]);
      return options.join === true
        ? { kind: 'resolved', commit: commitOf(new Set(names)), how: [] }
        : { kind: 'unresolved', reason: 'npm is not installed', paths: [] };
    },
    giveConflict: async ({ taskId, tip, commit }) => {
      before('giveConflict');
      given.set(taskId, [tip, commit]);
      return { worktree: `/nowhere/manual-${taskId}` };
    },
    takeConflict: async ({ taskId }) => {
      before('takeConflict');
      const reason = options.byHand?.(taskId);
      if (reason !== undefined) return { kind: 'refused', reason };
      const names = (given.get(taskId) ?? []).flatMap((commit) => [...workOf(commit)]);
      return { kind: 'taken', commit: commitOf(new Set([...names, `${taskId}+`])) };
    },
    advanceTrain: async ({ from, to }) => {
      before('advanceTrain');
      const now = log.train.at(-1);
      if (now === to) return;
      if (now !== from) throw new DroverFailure('superseded', `the train is at ${now}, not at ${from}`);
      log.train.push(to);
    },
    compareBranches: async ({ branches }) => {
      before('compareBranches');
      return branches.map(({ commit }, index) => {
        workOf(commit);
        return { files: 1, insertions: index + 1, deletions: 0, paths: ['x.ts'] };
      });
    },
    judge: async ({ answers }) => {
      before('judge');
      const ranking = options.judge?.(answers.map(({ agent }) => agent)) ?? [];
      return {
        ranking: ranking.map((agent) => ({ agent, reason: `${agent} is what was asked` })),
        ...(ranking.length === 0 ? { problem: 'the model was silent' } : {}),
        usage: NO_USAGE,
      };
    },
    readMatrix: async () => ({ base, branches: [], pairs: [] }),
    deliver: async ({ swarmId, commit }) => {
      before('deliver');
      log.delivered.push(commit);
      return { branch: `drover/${swarmId}` };
    },
    verify: async ({ commit, accept }): Promise<VerifyResult> => {
      before('verify');
      log.accepted.push(accept);
      const names = [...workOf(commit)].filter((name) => !name.startsWith('merge of'));
      log.verified.push(names);
      const what = options.red?.(new Set(names));
      const step = typeof what === 'object' ? 'accept' : what;
      const common = { tree: commit, seconds: 0, cached: false };
      return step === undefined
        ? { ...common, ok: true }
        : {
            ...common,
            ok: false,
            step,
            ...(typeof what === 'object' ? { taskId: what.acceptanceOf } : {}),
            command: `make ${step}`,
            exitCode: 1,
            timedOut: false,
            output: `the ${step} is red with ${names.join(', ')}`,
            logPath: '/nowhere/log',
          };
    },
    recordResults: async (input) => {
      before('recordResults');
      const key = sha(JSON.stringify(input));
      pages.push({ key, page: input });
      return { key };
    },
    synthesise: async ({ report, resultKeys }) => {
      before('synthesise');
      const stored = resultKeys.flatMap((key) => pages.find((one) => one.key === key)?.page ?? []);
      const tasks = wholeTasks(
        stored.flatMap((page) => page.tasks),
        plans.get(report.planVersions.at(-1)?.key ?? '') ?? [],
      );
      const landings = stored.flatMap((page) => page.landings ?? []);
      log.reports.push({
        ...report,
        matrices: [],
        tasks,
        landings: [...wholeLandings(landings, tasks), ...report.landings],
        verifications: [...stored.flatMap((page) => page.verifications ?? []), ...report.verifications],
        decisions: [...stored.flatMap((page) => page.decisions ?? []), ...report.decisions],
      });
      return { reportPath: '/nowhere/report.md', usage: NO_USAGE };
    },
  };
  return {
    hostId,
    activities,
    log,
    workOf,
    running,
    base,
    /** From now on `activity` does this instead. */
    replace: <K extends keyof HostActivityInterfaces>(activity: K, by: HostActivityInterfaces[K]): void => {
      activities[activity] = by;
    },
  };
};

/** What an agent that is stopped does: it ends, and the activity with it. */
const untilStopped = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const stop = (): void => reject(new CancelledFailure('stopped'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });

/** Agents that work until the test lets them end. */
export const heldAgents = () => {
  const released = new Map<string, Partial<AgentReport>>();
  const waiting = new Set<string>();
  const wake = new Set<() => void>();
  return {
    /** Tasks whose agents are at work. */
    waiting,
    release: (taskId: string, report: Partial<AgentReport> = {}): void => {
      released.set(taskId, report);
      for (const look of wake) look();
    },
    agent: async ({ taskId, signal }: AgentCall): Promise<Partial<AgentReport> | void> => {
      waiting.add(taskId);
      let look = (): void => undefined;
      const end = new Promise<Partial<AgentReport> | void>((resolve) => {
        look = () => {
          const report = released.get(taskId);
          if (report === undefined) return;
          released.delete(taskId);
          resolve(report);
        };
        wake.add(look);
        look();
      });
      try {
        return await Promise.race([end, untilStopped(signal)]);
      } finally {
        wake.delete(look);
        waiting.delete(taskId);
      }
    },
  };
};
