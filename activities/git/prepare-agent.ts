/**
 * Makes everything that one attempt needs: its starting point in the hub, its workspace and its `spec.json`. The
 * spec comes last, so that where it is, all is. A repeated try keeps the spec that is there, and with it the marker.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { ChosenContext } from '../../domain/agents/context.ts';
import type { AgentSpec } from '../../domain/agents/agent.ts';
import { chooseExecutor, FIXING, type ExecutorChoice } from '../../domain/agents/executor-choice.ts';
import { fixAcceptance, fixDescription, fixTitle } from '../../domain/train/fix-words.ts';
import { DroverFailure } from '../../domain/failures.ts';
import { chooseModel } from '../../domain/models/choice.ts';
import { agentBranch, agentId } from '../../domain/names.ts';
import type { Plan, Task } from '../../domain/plan/plan.ts';
import { inRole, roleOfTask } from '../../domain/agents/roles.ts';
import { podFor, START_SECONDS } from '../../domain/agents/pod.ts';
import type { ExecutorKind, SwarmSettings } from '../../domain/swarm/settings.ts';
import { getArtifact } from '../../store/artifacts.ts';
import type { MemoryDesk } from '../process/free-memory.ts';
import { crashPoint } from '../../store/crash-point.ts';
import { createFile, readIfThere } from '../../store/files.ts';
import {
  agentDirectory,
  cacheDirectory,
  swarmDirectory,
  type AgentDirectory,
  type Home,
} from '../../store/home.ts';
import type { PreparedAgent, WorkspaceActivities } from '../contract/agents.ts';
import type { Recall } from '../lessons/recall.ts';
import { fullDisk } from '../process/disk.ts';
import { gatherContext, type SharedTexts } from './agent-context.ts';
import { guiltyChanges } from './guilty-changes.ts';
import { openHub, readHubRecord, writeAgentRecord } from './hub.ts';
import { startingPoint, type StartingPoint } from './starting-point.ts';
import type { PlanReader } from './stored.ts';
import { createWorkspace } from './workspace.ts';

type Input = Parameters<WorkspaceActivities['prepareAgent']>[0];

/** Executors that think without a model of their own. */
const WITHOUT_MODEL: ReadonlySet<ExecutorKind> = new Set(['command']);

const hasFixingModel = (settings: SwarmSettings, executor: ExecutorChoice): boolean =>
  [settings.modelByCategory, executor.settings.modelByCategory ?? {}].some((table) =>
    Object.hasOwn(table, FIXING),
  );

export interface PrepareDeps {
  readonly home: Home;
  readonly readPlan: PlanReader;
  readonly recall: Recall;
  readonly shared: SharedTexts;
  readonly memory: MemoryDesk;
}

export const prepareAgent = async (
  { home, readPlan, recall, shared, memory }: PrepareDeps,
  input: Input,
): Promise<PreparedAgent> => {
  const swarm = swarmDirectory(home, input.swarmId);
  const agent = agentId(input.ordinal, input.attempt);
  const directory = agentDirectory(swarm, agent);
  const [{ plan, tasks }, settings, hub] = await Promise.all([
    readPlan(swarm, input.planKey),
    getArtifact<SwarmSettings>(swarm, input.settingsKey),
    openHub(swarm.hub),
  ]);
  const task = tasks.get(input.taskId);
  if (task === undefined)
    throw new DroverFailure('notFound', `The plan has no task ${input.taskId}`, {
      hint: 'drover plan shows the tasks of the plan in force',
    });
  const retries = task.retries ?? settings.retries;
  const kept = await readIfThere(directory.spec);
  // The workspace may be an agent's by now, or be gone after its work was handed over.
  if (kept !== undefined) return ready(JSON.parse(kept) as AgentSpec, retries);
  const full = fullDisk(swarm.root, settings.freeDiskBytes ?? 0);
  if (full !== undefined) return { kind: 'no_room', reason: full };
  const inPods = settings.launcher === 'kubernetes';
  // The memory of pods is that of their nodes, and Kubernetes counts it.
  const asRole = inRole(task, roleOfTask(settings.roles, task));
  const executor = chooseExecutor(settings, asRole, input.fix !== undefined);
  const { memoryBytes = 0 } = { ...settings.limits, ...executor.settings.limits };
  const tight = inPods ? undefined : await memory(`${input.swarmId}/${agent}`, memoryBytes);
  if (tight !== undefined) return { kind: 'no_room', reason: tight };
  crashPoint('workspace.before');
  const start = await startingPoint(hub, input);
  if (start.kind === 'conflict') return { kind: 'dependency_conflict', paths: start.paths, retries };

  const record = await readHubRecord(swarm.hub);
  const changes =
    input.fix === undefined || input.fix.kind === 'conflict' || record === undefined
      ? []
      : await guiltyChanges(hub, record.baseCommit, input.fix);
  const cache = cacheDirectory(home, swarm, settings.cache ?? 'off', 'agents');
  const lessons = await recall({
    swarmId: input.swarmId,
    taskId: input.taskId,
    hub: swarm.hub,
    work: { text: `${task.title} ${task.description}`, files: task.files },
    tokens: settings.lessonTokens ?? 0,
  });
  const spec = agentSpec({
    input,
    plan,
    settings,
    task,
    agent,
    directory,
    start,
    changes,
    cache,
    lessons,
    context: await gatherContext(hub, shared, {
      swarmId: input.swarmId,
      commit: start.commit,
      baseCommit: input.baseCommit,
      executor: executor.kind,
      dependencies: input.dependencies,
      work: `${task.title} ${task.description} ${task.files.join(' ')}`,
      files: settings.context?.files ?? [],
      tokens: settings.context?.tokens ?? 0,
    }),
    objects: join(swarm.hub, 'objects'),
  });
  await writeAgentRecord(swarm.hub, agent, {
    baseCommit: spec.baseCommit,
    ...(spec.mergeParent === undefined ? {} : { mergeParent: spec.mergeParent }),
    ...(input.fix === undefined && task.files.length > 0 ? { files: task.files } : {}),
    ...(mustChange(spec) ? { mustChange: true } : {}),
    ...(clones(spec) ? { pushes: true } : {}),
  });
  if (!clones(spec))
    await createWorkspace({
      hub: swarm.hub,
      path: directory.workspace,
      branch: spec.branch,
      commit: spec.baseCommit,
      // What has to be fixed can lie anywhere.
      sparse: input.fix === undefined ? settings.sparse : [],
      ...(record === undefined ? {} : { copy: { from: record.repository, paths: settings.copyFiles } }),
      ...(start.merge === undefined ? {} : { merge: start.merge }),
    });
  crashPoint('workspace.after');
  if (await createFile(directory.spec, JSON.stringify(spec))) return ready(spec, retries);
  return ready(JSON.parse((await readIfThere(directory.spec)) ?? '') as AgentSpec, retries);
};

/** Does the agent make its workspace itself, in its pod? */
const clones = ({ pod }: AgentSpec): boolean => pod !== undefined && pod.sharedVolume === undefined;

const ready = (spec: AgentSpec, retries: number): PreparedAgent => ({
  kind: 'ready',
  agentId: spec.agentId,
  title: spec.title,
  executor: spec.executor,
  model: spec.model,
  wallSeconds: spec.limits.wallSeconds,
  // Who watches a pod waits for its node and its image as well.
  graceSeconds:
    spec.limits.graceSeconds + (spec.pod === undefined ? 0 : (spec.pod.startSeconds ?? START_SECONDS)),
  retries,
  ...(mustChange(spec) ? { mustChange: true } : {}),
});

/** To resolve a conflict can mean to leave things as they are. */
const mustChange = ({ allowEmpty, mergeParent }: AgentSpec): boolean =>
  !allowEmpty && mergeParent === undefined;

/** A fixing agent may use no more than what is left of the budget at its gate. */
const fixLimits = (limits: AgentSpec['limits'], fix: Input['fix']): AgentSpec['limits'] => {
  const { tokens = Infinity, costUsd = Infinity } = fix?.budget ?? {};
  const cost = Math.min(limits.costUsd ?? Infinity, costUsd);
  return {
    ...limits,
    tokens: Math.min(limits.tokens, tokens),
    ...(cost === Infinity ? {} : { costUsd: cost }),
  };
};

const agentSpec = (about: {
  readonly input: Input;
  readonly plan: Plan;
  readonly settings: SwarmSettings;
  readonly task: Task;
  readonly agent: string;
  readonly directory: AgentDirectory;
  readonly start: Extract<StartingPoint, { kind: 'ready' }>;
  /** Of the branches that are to blame. */
  readonly cache: string | undefined;
  /** Of the hub. */
  readonly objects: string;
  readonly changes: Awaited<ReturnType<typeof guiltyChanges>>;
  readonly lessons: readonly string[];
  readonly context: ChosenContext;
}): AgentSpec => {
  const { input, plan, settings, agent, directory, start } = about;
  const { fix } = input;
  const role = roleOfTask(settings.roles, about.task);
  const task = inRole(about.task, role);
  // Who repairs has to write, whatever the role.
  const readOnly = task.readOnly === true && fix === undefined;
  const acceptance = fix === undefined ? task.acceptance : fixAcceptance(fix, task, plan.tasks);
  const executor = chooseExecutor(settings, task, fix !== undefined);
  const command = task.command ?? settings.command;
  const choice = chooseModel(
    settings,
    // A fix may have a model of its own; the category says so unless the task names one.
    fix !== undefined && task.model === undefined && hasFixingModel(settings, executor)
      ? { ...task, category: FIXING }
      : task,
    executor,
  );
  const withModel = !WITHOUT_MODEL.has(executor.kind);
  return {
    version: 1,
    swarmId: input.swarmId,
    taskId: task.id,
    agentId: agent,
    attempt: input.attempt,
    marker: randomBytes(16).toString('hex'),
    executor: executor.name,
    executorKind: executor.kind,
    ...(Object.keys(executor.settings).length === 0 ? {} : { executorSettings: executor.settings }),
    model: withModel ? choice.model : '',
    ...(withModel && choice.price !== undefined ? { price: choice.price } : {}),
    goal: plan.goal,
    title: fix === undefined ? task.title : fixTitle(fix, task),
    description: fix === undefined ? task.description : fixDescription(fix, task, plan.tasks, about.changes),
    category: task.category,
    files: task.files,
    ...(command === undefined ? {} : { command }),
    // A repaired build is judged by the project's own commands on the merged tree.
    ...(acceptance === undefined ? {} : { acceptance }),
    allowEmpty: (task.allowEmpty === true || readOnly) && fix === undefined,
    ...(role === undefined
      ? {}
      : {
          role: {
            name: role.name,
            title: role.title,
            version: role.version,
            prompt: role.prompt,
            ...(role.tools === undefined ? {} : { tools: role.tools }),
          },
        }),
    ...(readOnly ? { readOnly } : {}),
    previous: input.previous,
    dependencies: input.dependencies,
    ...(fix === undefined ? {} : { fix }),
    ...(about.lessons.length === 0 ? {} : { lessons: about.lessons }),
    ...(about.context.pieces.length === 0 ? {} : { context: about.context }),
    workspace: directory.workspace,
    runDirectory: directory.root,
    branch: agentBranch(agent),
    baseCommit: start.commit,
    ...(start.merge === undefined ? {} : { mergeParent: start.merge.commit }),
    setup: settings.setup,
    env: settings.env,
    passEnv: settings.passEnv,
    ports: settings.portsPerAgent,
    ...(about.cache === undefined ? {} : { cache: about.cache }),
    // A pod is a sandbox already, in which another one cannot be made.
    ...(settings.sandbox === undefined || settings.launcher === 'kubernetes'
      ? {}
      : { sandbox: { ...settings.sandbox, objects: about.objects } }),
    ...(settings.launcher === 'kubernetes'
      ? {
          pod: podFor(settings.kubernetes ?? {}, fix === undefined ? [role?.name, task.category] : [FIXING]),
          ...(fix === undefined && settings.sparse.length > 0 ? { sparse: settings.sparse } : {}),
        }
      : {}),
    limits: fixLimits(
      { ...settings.limits, ...executor.settings.limits, ...role?.limits, wallSeconds: choice.wallSeconds },
      fix,
    ),
  };
};
