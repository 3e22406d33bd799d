/** Gets a usable plan from the model: what is wrong with an answer is told to it, and it answers again. */
import type Anthropic from '@anthropic-ai/sdk';
import { cap, DroverFailure } from '../../domain/failures.ts';
import type { ModelChoice } from '../../domain/model-choice.ts';
import type { Plan, PlanProblem } from '../../domain/plan.ts';
import { cleanPlan, planProblems } from '../../domain/plan-problems.ts';
import type { SwarmSettings } from '../../domain/settings.ts';
import { clip, plainLine } from '../../domain/text.ts';
import { ask } from '../model/anthropic.ts';
import type { Conversation, PaidAnswer } from '../model/paid-answers.ts';
import {
  correctionRequest,
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

/** Some models put their JSON into a code block all the same. */
const jsonOf = (text: string): unknown => {
  const fenced = /^```(?:json)?\s*\n([\s\S]*?)\n```\s*$/.exec(text.trim());
  return JSON.parse(fenced?.[1] ?? text);
};

const judge = (answer: PaidAnswer, goal: string): Judged => {
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
    tasks: tasks.map(({ acceptance, ...task }) => ({
      ...task,
      ...(acceptance === null || acceptance.trim() === '' ? {} : { acceptance }),
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

export const askPlanner = async (
  input: AskPlanner,
): Promise<{ readonly plan: Plan; readonly warnings: readonly string[] }> => {
  const { client, choice, settings, request, conversation, signal, onProgress } = input;
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: planRequest(request) }];
  let last: Judged = { problems: [] };
  for (let index = 0; index < TRIES; index += 1) {
    onProgress(index === 0 ? 'asking the planner' : `asking the planner to correct its plan (${index + 1})`);
    const answer = await conversation.answer(index, (onUsage) =>
      ask(
        client,
        {
          model: choice.model,
          max_tokens: MAX_TOKENS,
          system: plannerSystem(settings),
          messages,
          output_config: { format: { type: 'json_schema', schema: PLAN_FORMAT.schema } },
        },
        {
          signal,
          price: choice.price,
          onUsage,
          onWait: ({ reason, seconds }) => onProgress(`${reason}; waiting ${seconds} s`),
        },
      ),
    );
    if (answer.stopReason === 'refusal') {
      await conversation.forget();
      throw new DroverFailure('model', `The model ${choice.model} refused to plan this goal`, {
        hint: 'say the goal in other words, name another model for `planning` in drover.yml, or give a plan file',
      });
    }
    last = judge(answer, request.goal);
    if ('plan' in last) return last;
    messages.push(
      { role: 'assistant', content: answer.text === '' ? '(no answer)' : answer.text },
      { role: 'user', content: correctionRequest(last.problems) },
    );
  }
  await conversation.forget();
  const problems = 'problems' in last ? last.problems : [];
  throw new DroverFailure(
    'model',
    `The model ${choice.model} made no usable plan in ${TRIES} tries: ${clip(problems.map(({ message }) => message).join('; '), 1_500)}`,
    { hint: 'try again, name another model for `planning` in drover.yml, or give a plan file' },
  );
};
