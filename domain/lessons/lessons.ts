/**
 * What a swarm teaches about its repository: commands that work, failures and what mended them, files that conflict,
 * flaky checks, how long tasks take. Facts only, read from the report and from the agents' results.
 */
import type { AgentOutcome } from '../agents/agent.ts';
import { failureFingerprint, normalised } from '../train/failure-fingerprint.ts';
import { flakyCommits } from '../report/verifications.ts';
import type { Report } from '../report/report.ts';
import type { ProjectCommand } from '../swarm/settings.ts';
import { clip, plainLine } from '../text.ts';

export const LESSON_KINDS = ['command', 'failure', 'conflict', 'flaky', 'duration'] as const;
export type LessonKind = (typeof LESSON_KINDS)[number];

/** One fact. The same `kind` and `subject` in another swarm of the repository is the same lesson, seen again. */
export interface Finding {
  readonly kind: LessonKind;
  /** A command, a path, the fingerprint of a failure, a category with its executor. */
  readonly subject: string;
  /** One line of at most `LESSON_LENGTH` characters. It quotes agents and the repository: data, not instructions. */
  readonly text: string;
  /** Files and directories that it is about; at most `LESSON_PATHS`. */
  readonly paths: readonly string[];
  /** Its words name what helped against a failure. @default false */
  readonly solved?: boolean;
  /** How often the swarm saw it. @default 1 */
  readonly times?: number;
  /** Of a `duration`: the median, in seconds. */
  readonly seconds?: number;
  /** Of a `duration` whose tasks had a model: the median, in US dollars. */
  readonly costUsd?: number;
}

/** A finding as it is kept for its repository. */
export interface Lesson extends Finding {
  readonly id: string;
  /** As the swarms name it. */
  readonly repository: string;
  /** 1 at first; it rises when agents that were told succeed, and falls when they fail. */
  readonly weight: number;
  /** How often it was seen, over all swarms. */
  readonly times: number;
  /** The swarms that it comes from, the newest last. */
  readonly from: readonly string[];
  /** ISO 8601. */
  readonly learntAt: string;
  readonly seenAt: string;
}

export const LESSON_LENGTH = 700;
const LESSON_PATHS = 20;
/** Of one kind from one swarm, so that one bad run does not drown what others taught. */
const FINDINGS = 30;

/** One ended attempt, from its run directory. */
export interface AttemptFact {
  readonly taskId: string;
  readonly title: string;
  readonly category: string;
  readonly executor: string;
  readonly files: readonly string[];
  readonly attempt: number;
  readonly outcome: AgentOutcome;
  readonly summary: string;
  readonly seconds: number;
  readonly costUsd: number;
  /** What it was to mend, when it did not work on the task itself. */
  readonly mends?: 'conflict' | 'build' | 'test';
}

export interface SwarmFacts {
  readonly report: Pick<Report, 'matrices' | 'verifications' | 'tasks'>;
  readonly build: readonly ProjectCommand[];
  readonly test: readonly ProjectCommand[];
  readonly attempts: readonly AttemptFact[];
}

type Solvable = Pick<Finding, 'solved'>;

/** Of the words about one subject the newest, except that a failure which came again does not bury what helped. */
export const bestWords = <A extends Solvable, B extends Solvable>(before: A | undefined, found: B): A | B =>
  before?.solved === true && found.solved !== true ? before : found;

const quoted = (text: string, length: number): string => JSON.stringify(clip(plainLine(text), length));

const finding = (
  kind: LessonKind,
  subject: string,
  text: string,
  paths: readonly string[] = [],
): Finding => ({
  kind,
  subject: clip(subject, 300),
  text: clip(plainLine(text), LESSON_LENGTH),
  paths: [...new Set(paths)].slice(0, LESSON_PATHS),
});

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
};

const inWords = (seconds: number): string =>
  seconds < 90 ? `${Math.max(1, Math.round(seconds))} s` : `${Math.round(seconds / 60)} min`;

const STACK_FRAME = /^\s*(?:at\s|File "|in <module>)/;
const TELLS = /error|fail|expected|actual|assert|not ok|✖|panic|exception|cannot|undefined/iu;
const TOLD_LENGTH = 300;

/** What passed may have an error in its name. */
const PASSED = /^\s*(?:ok\s|✓|✔|√|PASS\b)/u;

/** Lines that speak of what went wrong, without where a stack was; all lines where none does. */
const tellingLines = (output: string): readonly string[] => {
  const lines = output.split('\n').filter((line) => line.trim() !== '' && !STACK_FRAME.test(line));
  const telling = lines.filter((line) => TELLS.test(line) && !PASSED.test(line));
  return telling.length === 0 ? lines : telling;
};

/** What an output says of what went wrong, else its end. */
const ending = (output: string): string => {
  const lines = tellingLines(output);
  return lines.some((line) => TELLS.test(line))
    ? lines.join('\n').slice(0, TOLD_LENGTH)
    : lines.join('\n').slice(-TOLD_LENGTH);
};

/** The same on another tree: whatever else ran there, in whatever order it was told. */
const sameFailure = (output: string): string =>
  [...new Set(tellingLines(output).map(normalised))].sort().join('\n');

const commands = ({ report, build, test }: SwarmFacts): Finding[] => {
  const green = report.verifications.flatMap(({ result }) =>
    result.ok && !result.cached ? [result.seconds] : [],
  );
  if (green.length === 0) return [];
  const took = inWords(median(green));
  return [...build, ...test].map(({ run }) =>
    finding('command', run, `${quoted(run, 300)} works and was green; verifying takes about ${took}.`),
  );
};

/** Failures that end an attempt without being the fault of what it did. */
const NOT_ITS_FAULT: ReadonlySet<AgentOutcome> = new Set([
  'completed',
  'killed',
  'cancelled',
  'lost',
  'model_unavailable',
]);

const failures = ({ attempts }: SwarmFacts): Finding[] =>
  attempts
    .filter(({ outcome }) => !NOT_ITS_FAULT.has(outcome))
    .map((failed) => {
      const mended = attempts.find(
        (later) =>
          later.taskId === failed.taskId &&
          later.attempt > failed.attempt &&
          later.mends === failed.mends &&
          later.outcome === 'completed',
      );
      const what = `A try at ${quoted(failed.title, 100)} failed (${failed.outcome.replaceAll('_', ' ')}): ${quoted(failed.summary, 250)}.`;
      return {
        ...finding(
          'failure',
          failureFingerprint(failed.outcome, sameFailure(failed.summary)),
          mended === undefined
            ? `${what} No later try succeeded.`
            : `${what} What worked: ${quoted(mended.summary, 250)}.`,
          failed.files,
        ),
        ...(mended === undefined ? {} : { solved: true }),
      };
    });

const redTrees = ({ report, attempts }: SwarmFacts): Finding[] => {
  const flaky = flakyCommits(report.verifications);
  const files = new Map(attempts.map((attempt) => [attempt.taskId, attempt.files]));
  return report.verifications.flatMap(({ commit, taskIds, result }) => {
    if (result.ok) return [];
    const about = taskIds.flatMap((id) => files.get(id) ?? []);
    if (flaky.has(commit))
      return [
        finding(
          'flaky',
          result.command,
          `${quoted(result.command, 300)} is flaky: red and green on the same tree. It said ${quoted(ending(result.output), 250)}.`,
        ),
      ];
    const mended = attempts.find(
      ({ mends, outcome, taskId }) =>
        (mends === 'build' || mends === 'test') && outcome === 'completed' && taskIds.includes(taskId),
    );
    return [
      {
        ...finding(
          'failure',
          failureFingerprint(result.step, result.command, sameFailure(result.output)),
          `${quoted(result.command, 150)} was red after ${clip(taskIds.join(', '), 100)}: ${quoted(ending(result.output), 250)}.${
            mended === undefined ? '' : ` What mended it: ${quoted(mended.summary, 150)}.`
          }`,
          about,
        ),
        ...(mended === undefined ? {} : { solved: true }),
      },
    ];
  });
};

const conflicts = ({ report }: SwarmFacts): Finding[] => {
  const pairs = new Map<string, string>();
  for (const { a, b, conflictPaths } of report.matrices.flatMap((matrix) => matrix.pairs))
    for (const path of conflictPaths) if (!pairs.has(path)) pairs.set(path, `${a} and ${b}`);
  return [...pairs].map(([path, tasks]) =>
    finding(
      'conflict',
      path,
      `Branches that changed ${quoted(path, 200)} at the same time conflicted there (${clip(tasks, 100)}). One task should own it, or they should depend on each other.`,
      [path],
    ),
  );
};

/** What the `duration` of tasks of a category by an executor is filed under. */
export const durationSubject = (category: string, executor: string): string => `${category} by ${executor}`;

const durations = ({ attempts }: SwarmFacts): Finding[] => {
  const groups = new Map<string, AttemptFact[]>();
  for (const attempt of attempts) {
    if (attempt.outcome !== 'completed' || attempt.mends !== undefined) continue;
    const key = durationSubject(attempt.category, attempt.executor);
    groups.set(key, [...(groups.get(key) ?? []), attempt]);
  }
  return [...groups].map(([key, all]) => {
    const took = median(all.map(({ seconds }) => seconds));
    const cost = median(all.map(({ costUsd }) => costUsd));
    return {
      ...finding(
        'duration',
        key,
        `Tasks of category ${key} took ${inWords(took)} (median of ${all.length}).`,
      ),
      seconds: Math.max(1, Math.round(took)),
      ...(cost > 0 ? { costUsd: cost } : {}),
    };
  });
};

/** Each `kind` and `subject` once, with how often it was seen; of several the best words. */
export const findingsOf = (facts: SwarmFacts): readonly Finding[] =>
  [commands, failures, redTrees, conflicts, durations].flatMap((find) => {
    const bySubject = new Map<string, Finding>();
    for (const found of find(facts)) {
      const key = `${found.kind} ${found.subject}`;
      const before = bySubject.get(key);
      bySubject.set(
        key,
        before === undefined ? found : { ...bestWords(before, found), times: (before.times ?? 1) + 1 },
      );
    }
    return [...bySubject.values()].slice(0, FINDINGS);
  });
