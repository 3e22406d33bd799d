/** Answers about swarms, tasks, agents and decisions: the types of `domain/`, as clients may rely on them. */
import { z } from 'zod';
import 'zod-openapi';
import { AGENT_OUTCOMES } from '../../../domain/agents/agent.ts';
import { EVENT_TYPES } from '../../../domain/swarm/events.ts';
import { GATE_KINDS } from '../../../domain/swarm/settings.ts';
import { DECISION_ACTIONS, PHASES, TASK_STATES } from '../../../domain/swarm/swarm.ts';

/** ISO 8601. */
export const Time = z.string().meta({ format: 'date-time' });
const count = z.int().min(0);

export const Usage = z
  .looseObject({
    inputTokens: count,
    outputTokens: count,
    cacheReadTokens: count,
    cacheWriteTokens: count,
    calls: count,
    costUsd: z.number().min(0).meta({ description: 'US dollars' }),
    costIncomplete: z.boolean().meta({ description: 'Some calls went to a model whose price is not known' }),
  })
  .meta({ id: 'Usage' });

const SwarmSummary = z
  .looseObject({
    id: z.string(),
    goal: z.string().optional().meta({ description: 'Its beginning; absent where it is not known yet' }),
    phase: z.enum(PHASES),
    running: z.boolean(),
    repository: z.string(),
    awaitingDecision: z.boolean(),
    costUsd: z.number().min(0),
    startedAt: Time,
    endedAt: Time.optional(),
    team: z.literal(true).optional().meta({ description: 'A lead leads it' }),
    archived: z.boolean().meta({ description: "Known from the record alone: Temporal's retention is over" }),
  })
  .meta({ id: 'SwarmSummary' });

export const SwarmsPage = z
  .looseObject({
    swarms: z.array(SwarmSummary),
    next: z.string().optional().meta({ description: '`cursor` of the next page' }),
  })
  .meta({ id: 'SwarmsPage' });

export const PlanVersion = z
  .looseObject({
    version: z.int().min(1),
    key: z.string(),
    state: z.enum(['proposed', 'rejected', 'approved', 'superseded']),
    taskCount: count,
    summary: z.string(),
    changes: z.array(
      z.looseObject({
        kind: z.enum(['added', 'removed', 'changed']),
        taskId: z.string(),
        fields: z.array(z.string()).optional(),
      }),
    ),
    warnings: z.array(z.string()),
    feedback: z.string().optional(),
    origin: z.enum(['file', 'model', 'edit']),
    forecast: z
      .looseObject({
        criticalPath: z.array(z.string()),
        criticalSeconds: z.number(),
        totalSeconds: z.number(),
        expectedSeconds: z.number(),
        costUsd: z.number().optional(),
        basis: z.enum(['estimates', 'earlier runs', 'guess']),
      })
      .optional()
      .meta({ description: 'How long the plan takes and what it costs, before it runs' }),
  })
  .meta({ id: 'PlanVersion' });

export const SwarmView = z
  .looseObject({
    swarmId: z.string(),
    goal: z.string(),
    phase: z.enum(PHASES),
    paused: z.boolean(),
    parallelism: z.int().min(1),
    repository: z.string(),
    baseBranch: z.string(),
    baseCommit: z.string(),
    host: z.string(),
    directory: z.string().meta({ description: 'Absolute path on the host' }),
    plan: PlanVersion.optional(),
    counts: z.record(z.enum(TASK_STATES), count),
    openDecisions: count,
    usage: Usage,
    landed: count,
    result: z.looseObject({ branch: z.string(), commit: z.string(), reportPath: z.string() }).optional(),
    startedAt: Time,
    endedAt: Time.optional(),
    warnings: z.array(z.string()),
    reason: z.string().optional(),
  })
  .meta({ id: 'SwarmView' });

export const TaskView = z
  .looseObject({
    id: z.string(),
    title: z.string(),
    state: z.enum(TASK_STATES),
    priority: z.number(),
    dependsOn: z.array(z.string()),
    attempts: count,
    agentId: z.string().optional(),
    commit: z.string().optional(),
    outside: z
      .looseObject({ count, paths: z.array(z.string()) })
      .optional()
      .meta({ description: 'Files that its branch changed besides those that the task declared' }),
    landing: z.enum(['landed', 'skipped', 'empty']).optional(),
    note: z.string(),
    startedAt: Time.optional(),
    endedAt: Time.optional(),
    usage: Usage,
  })
  .meta({ id: 'TaskView' });

export const TasksPage = z
  .looseObject({
    tasks: z.array(TaskView),
    total: count,
    next: count.optional().meta({ description: '`from` of the next page' }),
  })
  .meta({ id: 'TasksPage' });

export const AttemptView = z
  .looseObject({
    agentId: z.string(),
    outcome: z.enum(AGENT_OUTCOMES),
    reason: z.string(),
    usage: Usage,
  })
  .meta({ id: 'AttemptView' });

export const Decision = z
  .looseObject({
    id: z.string(),
    kind: z.enum(GATE_KINDS),
    question: z.string(),
    approveMeans: z.string(),
    rejectMeans: z.string(),
    manualMeans: z.string().optional(),
    worktree: z.string().optional(),
    refused: z.looseObject({ reason: z.string(), at: Time }).optional().meta({
      description: 'Why what a person did by hand was not taken over; the question is open again',
    }),
    askedBy: z.string().optional(),
    taskIds: z.array(z.string()),
    detail: z.string(),
    choices: z.array(z.string()).optional(),
    openedAt: Time,
    answer: z
      .looseObject({
        action: z.enum(DECISION_ACTIONS),
        feedback: z.string().optional(),
        choice: z.string().optional(),
        by: z.enum(['person', 'policy', 'timeout']),
        at: Time,
      })
      .optional(),
    closedAt: Time.optional().meta({ description: 'When the answer was acted on' }),
  })
  .meta({ id: 'Decision' });

export const AgentRecord = z
  .looseObject({
    agentId: z.string(),
    taskId: z.string(),
    executor: z.string().optional(),
    model: z.string().optional(),
    fixes: z.enum(['conflict', 'build', 'test']).optional(),
    outcome: z.enum(AGENT_OUTCOMES).optional().meta({ description: 'Absent while it is at work' }),
    summary: z.string().optional(),
    usage: Usage.optional().meta({
      description: 'As the gateway counts, so far for one at work; else as the agent says at its end',
    }),
    startedAt: Time.optional(),
    endedAt: Time.optional(),
  })
  .meta({ id: 'AgentRecord' });

/** A line of an agent's log; what else is in it depends on `kind`. */
const AgentEvent = z.looseObject({ at: Time, kind: z.string() }).meta({ id: 'AgentEvent' });

export const AgentAnswer = z.looseObject({ text: z.string() }).meta({ id: 'AgentAnswer' });

export const AgentLog = z
  .looseObject({
    events: z.array(AgentEvent),
    next: count.meta({ description: '`from` of what comes after this' }),
    more: z.boolean().meta({ description: 'There is more of it already' }),
  })
  .meta({ id: 'AgentLog' });

export const RunnerLog = z.looseObject({ lines: z.array(z.string()) }).meta({ id: 'RunnerLog' });

export const SwarmEvent = z
  .looseObject({
    swarmId: z.string(),
    sequence: z.int().min(0),
    at: Time,
    type: z.enum(EVENT_TYPES),
    data: z.looseObject({}),
  })
  .meta({ id: 'SwarmEvent' });
