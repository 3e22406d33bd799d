/**
 * How long a plan takes and what it costs, before it runs: from the estimates of its tasks, else from what earlier
 * runs on the repository took, else a guess. Without retries, conflicts and verification, which nobody can foresee.
 */
import { chooseExecutor } from '../agents/executor-choice.ts';
import { inRole, roleOfTask } from '../agents/roles.ts';
import { criticalPath } from './graph.ts';
import { durationSubject, type Lesson } from '../lessons/lessons.ts';
import { costMicros, NO_TOKENS } from '../models/cost.ts';
import { chooseModel } from '../models/choice.ts';
import type { Plan, PlanForecast, Task } from './plan.ts';
import { createSchedule } from '../swarm/schedule.ts';
import type { ModelPrice } from '../models/price.ts';
import type { SwarmSettings } from '../swarm/settings.ts';

/** Of a task that nobody has estimated. */
const GUESSED_SECONDS = { model: 15 * 60, command: 60 } as const;
/** Tokens of a quarter of an hour of an agent: some twenty turns that read their cache each time. */
const GUESSED_TOKENS = {
  ...NO_TOKENS,
  inputTokens: 20_000,
  outputTokens: 15_000,
  cacheWriteTokens: 60_000,
  cacheReadTokens: 500_000,
};
const MICROS = 1_000_000;
const SHOWN = 50;

const BASES = ['estimates', 'earlier runs', 'guess'] as const;

interface TaskForecast {
  readonly seconds: number;
  /** Undefined when it cannot be known; 0 without a model. */
  readonly costUsd: number | undefined;
  readonly basis: PlanForecast['basis'];
}

/** Each turn alone stays below what makes a prompt a long one. */
const guessedDollars = ({ input, output, cacheRead, cacheWrite }: ModelPrice): number =>
  costMicros(GUESSED_TOKENS, { input, output, cacheRead, cacheWrite }) / MICROS;

const forecastTask = (
  planned: Task,
  settings: SwarmSettings,
  earlier: ReadonlyMap<string, Lesson>,
): TaskForecast => {
  const task = inRole(planned, roleOfTask(settings.roles, planned));
  const executor = chooseExecutor(settings, task, false);
  const withModel = executor.kind !== 'command';
  const known = earlier.get(durationSubject(task.category, executor.name));
  const guess = withModel ? GUESSED_SECONDS.model : GUESSED_SECONDS.command;
  const [seconds, basis] =
    task.estimateMinutes !== undefined
      ? ([task.estimateMinutes * 60, 'estimates'] as const)
      : known?.seconds !== undefined
        ? ([known.seconds, 'earlier runs'] as const)
        : ([guess, 'guess'] as const);
  if (!withModel) return { seconds, costUsd: 0, basis };
  if (known?.costUsd !== undefined) {
    const scale = known.seconds === undefined ? 1 : seconds / known.seconds;
    return { seconds, costUsd: known.costUsd * scale, basis };
  }
  const { price } = chooseModel(settings, task, executor);
  const quarter = price === undefined ? undefined : guessedDollars(price);
  return {
    seconds,
    costUsd: quarter === undefined ? undefined : (quarter * seconds) / GUESSED_SECONDS.model,
    basis,
  };
};

/** As the swarm would schedule them, with `agents` at once. */
const simulated = (tasks: readonly Task[], seconds: (id: string) => number, agents: number): number => {
  const schedule = createSchedule(tasks, () => 'waiting');
  const running: { readonly id: string; readonly end: number }[] = [];
  let now = 0;
  for (;;) {
    for (let id = running.length < agents ? schedule.take() : undefined; id !== undefined;) {
      running.push({ id, end: now + seconds(id) });
      id = running.length < agents ? schedule.take() : undefined;
    }
    if (running.length === 0) return now;
    running.sort((a, b) => b.end - a.end);
    const next = running.pop();
    if (next === undefined) return now;
    now = next.end;
    schedule.done(next.id);
  }
};

/** @param lessons of the repository; those about durations count */
export const forecastPlan = (
  { tasks }: Plan,
  settings: SwarmSettings,
  lessons: readonly Lesson[],
): PlanForecast => {
  const earlier = new Map(
    lessons.filter(({ kind }) => kind === 'duration').map((lesson) => [lesson.subject, lesson]),
  );
  const forecasts = new Map(tasks.map((task) => [task.id, forecastTask(task, settings, earlier)]));
  const seconds = (id: string): number => forecasts.get(id)?.seconds ?? 0;
  const path = criticalPath(tasks, seconds);
  const all = [...forecasts.values()];
  const costs = all.map(({ costUsd }) => costUsd);
  const total = costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0);
  return {
    criticalPath: path.ids.slice(0, SHOWN),
    criticalSeconds: Math.round(path.length),
    totalSeconds: Math.round(all.reduce((sum, one) => sum + one.seconds, 0)),
    expectedSeconds: Math.round(simulated(tasks, seconds, Math.max(1, settings.parallelism))),
    ...(total === 0 || costs.includes(undefined) ? {} : { costUsd: Math.round(total * 10_000) / 10_000 }),
    basis: BASES[Math.max(0, ...all.map(({ basis }) => BASES.indexOf(basis)))] ?? 'guess',
  };
};

const inWords = (seconds: number): string =>
  seconds < 90
    ? `${Math.round(seconds)} s`
    : seconds < 5_400
      ? `${Math.round(seconds / 60)} min`
      : `${(seconds / 3_600).toFixed(1)} h`;

const CERTAINTY: Readonly<Record<PlanForecast['basis'], string>> = {
  estimates: "the planner's estimates",
  'earlier runs': 'what earlier runs took',
  guess: 'a guess: nothing like it has run here yet',
};

/** In two lines, for people who are to approve. */
export const forecastLines = (forecast: PlanForecast): readonly string[] => {
  const { criticalPath: path, criticalSeconds, totalSeconds, expectedSeconds, costUsd, basis } = forecast;
  const speedUp = criticalSeconds === 0 ? 1 : totalSeconds / criticalSeconds;
  const chain = path.length > 6 ? [...path.slice(0, 5), '…', path.at(-1) ?? ''] : path;
  return [
    `About ${inWords(expectedSeconds)}${costUsd === undefined ? '' : ` and $${costUsd.toFixed(2)}`}, by ${CERTAINTY[basis]}.`,
    `Longest chain: ${chain.join(' → ')}, ${inWords(criticalSeconds)}; at best ${speedUp.toFixed(1)} times as fast as one agent alone.`,
  ];
};
