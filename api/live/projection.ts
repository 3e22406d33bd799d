/**
 * What the history of a swarm says to people: each fact becomes none, one or a few events. The same history gives
 * the same events with the same numbers, whoever reads it and how often.
 */
import { eventSequence, type EventType, type SwarmEvent } from '../../domain/swarm/events.ts';
import { agentId } from '../../domain/names.ts';
import { toDollars } from '../../domain/models/money.ts';
import type { MergeResult, VerifyResult } from '../../domain/train/integration.ts';
import {
  INTERNAL_SIGNALS,
  SEARCH_ATTRIBUTES,
  SIGNALS,
  type AgentTaskInput,
  type AgentTaskOutcome,
  type BudgetNotice,
  type SwarmInput,
  type TaskEnded,
} from '../../domain/protocol.ts';
import type { Decision, SwarmOutcome } from '../../domain/swarm/swarm.ts';
import { clip } from '../../domain/text.ts';
import type { Attributes, Fact } from './facts.ts';

const TEXT_LENGTH = 2_000;
const LISTED = 200;
/** Of one event of the history; decisions come after what is told by the event itself. */
const DECISION_PART = 50;
/** The clock of a workflow is that of its step's start, to the millisecond. */
const CLOCK_TOLERANCE_MS = 2;

interface Step {
  readonly startedAt: number;
  readonly completedId: number;
  readonly at: string;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
const textOf = (value: unknown): string => (typeof value === 'string' ? clip(value, TEXT_LENGTH) : '');
const fieldOf = (value: unknown, name: string): unknown => (isObject(value) ? value[name] : undefined);

/** Reads the facts of one run after the other, in their order. */
export class Projection {
  readonly #swarmId: string;
  readonly #runIndex: number;
  readonly #activities = new Map<number, { readonly name: string; readonly input: unknown }>();
  readonly #children = new Map<number, { readonly workflowId: string; readonly input: AgentTaskInput }>();
  readonly #stepStarts = new Map<number, number>();
  #steps: Step[] = [];
  #phase = '';
  #awaiting = false;
  #mayDecide = false;
  /** The next step may open a decision that a policy answers at once, which no attribute tells of. */
  #expecting = false;
  #input: SwarmInput | undefined;

  constructor(swarmId: string, runIndex: number) {
    this.#swarmId = swarmId;
    this.#runIndex = runIndex;
  }

  /** Could decisions have been opened or answered in what was read since `decisionEvents` was asked? */
  get decisionsWanted(): boolean {
    return this.#mayDecide && this.#steps.length > 0;
  }

  /** What the run was started with; undefined until that was read. */
  get input(): SwarmInput | undefined {
    return this.#input;
  }

  read(fact: Fact): readonly SwarmEvent[] {
    const told = this.#told(fact);
    return told.map(([type, data], part) => this.#event(fact.id, part, fact.at, type, data));
  }

  /** Opened and answered decisions, at the steps in which that happened; forgets these steps. */
  decisionEvents(decisions: readonly Decision[]): readonly SwarmEvent[] {
    const found: SwarmEvent[] = [];
    for (const step of this.#steps) {
      const isThen = (time: string): boolean =>
        Math.abs(Date.parse(time) - step.startedAt) <= CLOCK_TOLERANCE_MS;
      let part = DECISION_PART;
      const tell = (type: EventType, data: object): void =>
        void found.push(this.#event(step.completedId, part++, step.at, type, data));
      for (const { answer, id, kind, openedAt } of decisions) {
        // Its words may change while it is open; an event must say the same whenever it is read from the history.
        const fixed = { id, kind, openedAt };
        if (isThen(openedAt)) tell('decision_required', fixed);
        if (answer !== undefined && isThen(answer.at)) tell('decision_resolved', { ...fixed, answer });
      }
    }
    this.#steps = [];
    this.#mayDecide = this.#awaiting;
    return found;
  }

  #event(id: number, part: number, at: string, type: EventType, data: object): SwarmEvent {
    const sequence = eventSequence(this.#runIndex, id, part);
    return { swarmId: this.#swarmId, sequence, at, type, data: data as SwarmEvent['data'] };
  }

  #told(fact: Fact): readonly (readonly [EventType, object])[] {
    switch (fact.kind) {
      case 'started': {
        this.#noteAttributes(fact.attributes);
        const input = fact.input as SwarmInput;
        this.#input = input;
        if (!fact.first) return [];
        return [['project_started', { goal: textOf(input.goal), repository: input.repository }]];
      }
      case 'stepStarted':
        this.#stepStarts.set(fact.id, Date.parse(fact.at));
        return [];
      case 'stepCompleted': {
        const startedAt = this.#stepStarts.get(fact.ref);
        this.#stepStarts.clear();
        if (startedAt === undefined) return [];
        if (!this.#mayDecide) this.#steps = [];
        this.#steps.push({ startedAt, completedId: fact.id, at: fact.at });
        this.#mayDecide ||= this.#expecting;
        this.#expecting = false;
        return [];
      }
      case 'attributes':
        return this.#phaseChange(fact.attributes);
      case 'signal':
        return this.#signal(fact.name, fact.payload);
      case 'activity':
        this.#activities.set(fact.id, { name: fact.name, input: fact.input });
        return fact.name === 'mergeBranches' ? [['merge_started', { taskIds: branchesOf(fact.input) }]] : [];
      case 'activityFailed':
        this.#activities.delete(fact.ref);
        this.#expecting = true;
        return [];
      case 'activityEnded':
        this.#expecting = true;
        return this.#activityEnded(fact.ref, fact.result);
      case 'child':
        this.#children.set(fact.id, { workflowId: fact.workflowId, input: fact.input as AgentTaskInput });
        return [];
      case 'childStarted':
        return this.#childStarted(fact.ref);
      case 'childEnded': {
        const taskId = this.#children.get(fact.ref)?.input.taskId ?? '';
        this.#children.delete(fact.ref);
        this.#expecting ||= this.#mayRaise(fact.result);
        return [taskEnded(taskId, fact.result as AgentTaskOutcome | undefined, fact.how)];
      }
      case 'continued':
        return [];
      case 'ended':
        return [['project_completed', endOf(fact)]];
    }
  }

  #noteAttributes(attributes: Attributes): void {
    const phase = attributes[SEARCH_ATTRIBUTES.phase];
    if (typeof phase === 'string') this.#phase = phase;
    const awaiting = attributes[SEARCH_ATTRIBUTES.awaitingDecision];
    if (typeof awaiting !== 'boolean') return;
    this.#awaiting = awaiting;
    this.#mayDecide ||= awaiting;
  }

  #phaseChange(attributes: Attributes): readonly (readonly [EventType, object])[] {
    const previous = this.#phase;
    this.#noteAttributes(attributes);
    const phase = this.#phase;
    if (phase === previous) return [];
    const change = ['phase_change', { phase, previous }] as const;
    if (phase === 'awaiting_approval') return [change, ['plan_proposed', {}]];
    return previous === 'awaiting_approval' && phase === 'executing'
      ? [['plan_approved', {}], change]
      : [change];
  }

  /** What most of many thousand tasks do, and what raises no question: to ask after each would cost. */
  #mayRaise(outcome: unknown): boolean {
    return (
      fieldOf(outcome, 'state') !== 'completed' ||
      fieldOf(outcome, 'outside') !== undefined ||
      // A lead may ask for anything once a member is done.
      this.#input?.team !== undefined
    );
  }

  #mayOpen(name: string, payload: unknown): boolean {
    switch (name) {
      case INTERNAL_SIGNALS.taskEnded:
        return this.#mayRaise(fieldOf(payload, 'outcome'));
      case INTERNAL_SIGNALS.budget:
        return fieldOf(payload, 'kind') === 'reached';
      case INTERNAL_SIGNALS.nextAttempt:
        return false;
      default:
        return true;
    }
  }

  #signal(name: string, payload: unknown): readonly (readonly [EventType, object])[] {
    this.#expecting ||= this.#mayOpen(name, payload);
    switch (name) {
      case SIGNALS.rejectPlan:
        return this.#phase === 'awaiting_approval'
          ? [['plan_rejected', { feedback: textOf(fieldOf(payload, 'feedback')) }]]
          : [];
      case SIGNALS.pause:
        return [['paused', {}]];
      case SIGNALS.resume:
        return [['resumed', {}]];
      case SIGNALS.setParallelism:
        return [['parallelism_changed', { parallelism: Number(fieldOf(payload, 'parallelism')) || 0 }]];
      case SIGNALS.messageAgent:
        return [
          [
            'message_sent',
            { agentId: textOf(fieldOf(payload, 'agentId')), text: textOf(fieldOf(payload, 'text')) },
          ],
        ];
      case INTERNAL_SIGNALS.budget: {
        const notice = payload as Partial<BudgetNotice> | undefined;
        if (notice?.kind !== 'warning') return [];
        const { limitMicros = 0, spentMicros = 0 } = notice;
        return [['budget_warning', { limitUsd: toDollars(limitMicros), spentUsd: toDollars(spentMicros) }]];
      }
      case INTERNAL_SIGNALS.nextAttempt:
        return [
          [
            'task_attempt',
            {
              taskId: textOf(fieldOf(payload, 'workflowId')).split('/').at(-1) ?? '',
              attempt: Number(fieldOf(payload, 'attempt')) || 0,
            },
          ],
        ];
      case INTERNAL_SIGNALS.taskEnded: {
        const end = payload as TaskEnded | undefined;
        const [, kind, taskId = ''] = textOf(end?.workflowId).split('/');
        return kind === 'task' ? [taskEnded(taskId, end?.outcome, 'failed')] : [];
      }
      default:
        return [];
    }
  }

  #activityEnded(ref: number, result: unknown): readonly (readonly [EventType, object])[] {
    const activity = this.#activities.get(ref);
    this.#activities.delete(ref);
    if (activity?.name === 'mergeBranches') {
      const { tip, merged, conflicts } = result as MergeResult;
      return [
        ['merged', { tip, merged: merged.slice(0, LISTED) }],
        ...conflicts.slice(0, DECISION_PART - 1).map((conflict) => ['merge_conflict', conflict] as const),
      ];
    }
    if (activity?.name !== 'verify') return [];
    const verified = result as VerifyResult;
    const shown = verified.ok ? verified : { ...verified, output: clip(verified.output, TEXT_LENGTH) };
    return [
      ['verified', { commit: textOf(fieldOf(activity.input, 'commit')), ok: verified.ok, result: shown }],
    ];
  }

  #childStarted(ref: number): readonly (readonly [EventType, object])[] {
    const child = this.#children.get(ref);
    if (child === undefined) return [];
    const { taskId, ordinal, firstAttempt = 1, fix } = child.input;
    return [
      [
        'task_started',
        {
          taskId,
          agentId: agentId(ordinal, firstAttempt),
          attempt: firstAttempt,
          ...(fix === undefined ? {} : { fixes: fix.kind }),
        },
      ],
    ];
  }
}

const branchesOf = (input: unknown): readonly string[] => {
  const branches = fieldOf(input, 'branches');
  return Array.isArray(branches)
    ? branches.slice(0, LISTED).map((branch) => textOf(fieldOf(branch, 'taskId')))
    : [];
};

const taskEnded = (
  taskId: string,
  outcome: AgentTaskOutcome | undefined,
  how: 'completed' | 'failed' | 'cancelled',
): readonly [EventType, object] => [
  'task_ended',
  {
    taskId,
    state: outcome?.state ?? how,
    attempts: outcome?.attempts ?? 0,
    note: outcome?.note ?? '',
    failures: (outcome?.failures ?? []).map((failure) => failure.outcome),
    costUsd: outcome?.usage?.costUsd ?? 0,
  },
];

const endOf = ({ how, result, reason }: Extract<Fact, { kind: 'ended' }>): object => {
  const outcome = result as SwarmOutcome | undefined;
  return {
    phase: outcome?.phase ?? how,
    ...(outcome?.branch === undefined ? {} : { branch: outcome.branch, commit: outcome.commit }),
    ...(outcome === undefined ? {} : { landed: outcome.landed, skipped: outcome.skipped }),
    ...((outcome?.reason ?? reason) === '' ? {} : { reason: clip(outcome?.reason ?? reason, TEXT_LENGTH) }),
  };
};
