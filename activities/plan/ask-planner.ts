/** Gets a usable plan from the model: what is wrong with an answer is told to it, and it answers again. */
import type Anthropic from '@anthropic-ai/sdk';
import { cap, DroverFailure } from '../../domain/failures.ts';
import type { ModelChoice } from '../../domain/models/choice.ts';
import type { Plan, PlanProblem } from '../../domain/plan/plan.ts';
import { cleanPlan, planProblems } from '../../domain/plan/problems.ts';
import type { SwarmSettings } from '../../domain/swarm/settings.ts';
import { CRITIC_ROLE, type RoleTable } from '../../domain/agents/roles.ts';
import { clip, plainLine } from '../../domain/text.ts';
import { ask } from '../model/anthropic.ts';
import type { Conversation, PaidAnswer } from '../model/paid-answers.ts';
import { askCritic, objectionText, revisionRequest } from './critic.ts';
import {
  correctionRequest,
  jsonOf,
  PLAN_FORMAT,
  plannedPlan,
  plannerSystem,
  planRequest,
  type PlanRequest,
} from './planner-prompt.ts';

/** Answers, the first one included. */
const TRIES = 3;
/** Thinking counts; a plan of a hundred tasks has some 30,000. */
const MAX_TOKENS = 64_000;
/** Problems that the model is told at once. */
const TOLD = 30;

type Judged =
  | { readonly plan: Plan; readonly warnings: readonly string[] }
  | { readonly problems: readonly Pick<PlanProblem, 'message'>[] };

const judge = (answer: PaidAnswer, goal: string, roles: RoleTable): Judged => {
  if (answer.stopReason === 'max_tokens')
    return {
      problems: [{ message: 'The answer was cut off because it was too long; plan fewer or shorter tasks' }],
    };
  let value: unknown;
  try {
    value = jsonOf(answer.text);
  } catch (error) {
    return { problems: [{ message: `The answer is not JSON: ${clip(plainLine(String(error)), 200)}` }] };
  }
  const parsed = plannedPlan.safeParse(value);
  if (!parsed.success)
    return {
      problems: parsed.error.issues
        .slice(0, TOLD)
        .map(({ path, message }) => ({ message: `${path.join('.')}: ${message}` })),
    };
  const { summary, tasks } = parsed.data;
  const plan = cleanPlan({
    goal,
    summary: cap(summary, 4_000),
    tasks: tasks.map(({ acceptance, phase, role, estimateMinutes, ...task }) => ({
      ...task,
      ...(acceptance === null || acceptance.trim() === '' ? {} : { acceptance }),
      ...(phase === null || phase === undefined ? {} : { phase }),
      ...(role !== null && role !== undefined && Object.hasOwn(roles, role) ? { role } : {}),
      ...(estimateMinutes === null || estimateMinutes === undefined ? {} : { estimateMinutes }),
    })),
  });
  const found = planProblems(plan);
  const errors = found.filter(({ severity }) => severity === 'error');
  return errors.length > 0
    ? { problems: errors.slice(0, TOLD) }
    : { plan, warnings: found.map(({ message }) => message) };
};

export interface AskPlanner {
  readonly client: Anthropic;
  readonly choice: ModelChoice;
  readonly settings: SwarmSettings;
  readonly request: PlanRequest;
  readonly conversation: Conversation;
  readonly signal: AbortSignal;
  /** Called when there is something to tell about how it goes. */
  readonly onProgress: (text: string) => void;
}

interface Planned {
  readonly plan: Plan;
  readonly warnings: readonly string[];
}

/** One conversation with the model: its answers are numbered, so that a repeated try pays for none twice. */
class Planning {
  readonly #input: AskPlanner;
  readonly #messages: Anthropic.MessageParam[];
  #asked = 0;
  #last: Judged = { problems: [] };

  constructor(input: AskPlanner) {
    this.#input = input;
    this.#messages = [{ role: 'user', content: planRequest(input.request) }];
  }

  /** @returns undefined after `TRIES` answers that cannot be used */
  async usable(what: string): Promise<Planned | undefined> {
    const { choice, settings, request, onProgress } = this.#input;
    for (let index = 0; index < TRIES; index += 1) {
      onProgress(index === 0 ? what : `asking the planner to correct its plan (${index + 1})`);
      const answer = await this.#next({
        model: choice.model,
        max_tokens: MAX_TOKENS,
        system: plannerSystem(settings),
        messages: this.#messages,
        output_config: { format: { type: 'json_schema', schema: PLAN_FORMAT.schema } },
      });
      if (answer.stopReason === 'refusal') {
        await this.#input.conversation.forget();
        throw new DroverFailure('model', `The model ${choice.model} refused to plan this goal`, {
          hint: 'say the goal in other words, name another model for `planning` in drover.yml, or give a plan file',
        });
      }
      this.#last = judge(answer, request.goal, settings.roles ?? {});
      this.#messages.push({ role: 'assistant', content: answer.text === '' ? '(no answer)' : answer.text });
      if ('plan' in this.#last) return this.#last;
      this.#messages.push({ role: 'user', content: correctionRequest(this.#last.problems) });
    }
    return undefined;
  }

  /** The plan after a critic's second look, with what remains to be said as warnings. */
  async criticised(first: Planned): Promise<Planned> {
    const { choice, settings, request, onProgress } = this.#input;
    const prompt = settings.roles?.[CRITIC_ROLE]?.prompt;
    if (settings.critic !== true || prompt === undefined) return first;
    onProgress('asking the critic');
    const said = await askCritic(first.plan, {
      choice,
      prompt,
      request,
      answer: (asking) => this.#next(asking),
    });
    if (typeof said === 'string')
      return { ...first, warnings: [...first.warnings, `No critic has looked at this plan: ${said}`] };
    const remarks = said.map((objection) => `The critic says of ${objectionText(objection)}`);
    const blocking = said.filter((objection) => objection.blocking);
    if (blocking.length === 0) return { ...first, warnings: [...first.warnings, ...remarks] };
    this.#messages.push({ role: 'user', content: revisionRequest(blocking) });
    const second = await this.usable('asking the planner to answer the critic');
    if (second === undefined) return { ...first, warnings: [...first.warnings, ...remarks] };
    const open = said.filter((objection) => !objection.blocking);
    return {
      plan: second.plan,
      warnings: [
        ...second.warnings,
        `The planner changed the plan after the critic had objected: ${clip(blocking.map(objectionText).join('; '), 400)}`,
        ...open.map((objection) => `The critic says of ${objectionText(objection)}`),
      ],
    };
  }

  get problems(): readonly Pick<PlanProblem, 'message'>[] {
    return 'problems' in this.#last ? this.#last.problems : [];
  }

  #next(asking: Parameters<typeof ask>[1]): Promise<PaidAnswer> {
    const { client, choice, conversation, signal, onProgress } = this.#input;
    const index = this.#asked;
    this.#asked += 1;
    return conversation.answer(index, (onUsage) =>
      ask(client, asking, {
        signal,
        price: choice.price,
        onUsage,
        onWait: ({ reason, seconds }) => onProgress(`${reason}; waiting ${seconds} s`),
      }),
    );
  }
}

export const askPlanner = async (input: AskPlanner): Promise<Planned> => {
  const planning = new Planning(input);
  const first = await planning.usable('asking the planner');
  if (first !== undefined) return planning.criticised(first);
  await input.conversation.forget();
  throw new DroverFailure(
    'model',
    `The model ${input.choice.model} made no usable plan in ${TRIES} tries: ${clip(planning.problems.map(({ message }) => message).join('; '), 1_500)}`,
    { hint: 'try again, name another model for `planning` in drover.yml, or give a plan file' },
  );
};
