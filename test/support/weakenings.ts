/**
 * One safeguard for each fault F1 to F6, and how to take it out of the sources: without it the test of that fault must
 * fail, which `scripts/weakened.ts` shows.
 */
interface Edit {
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly from: string;
  readonly to: string;
}

export interface Weakening {
  readonly fault: string;
  /** The safeguard that is taken out. */
  readonly without: string;
  readonly edits: readonly Edit[];
  /** The test that shows the fault, and the part of its name. */
  readonly test: string;
  readonly name: string;
}

export const WEAKENINGS: readonly Weakening[] = [
  {
    fault: 'F1',
    without: 'taking up the agents that run',
    edits: [
      {
        file: 'activities/agents/run-agent.ts',
        from: 'const seen = await watchRunner(directory, spec, claim, signal, runner);',
        to: `const seen: Seen | undefined =
      context.info.attempt > 1 ? { gone: 'dead' } : await watchRunner(directory, spec, claim, signal, runner);`,
      },
    ],
    test: 'test/chaos/worker-killed.test.ts',
    name: 'while 8 agents run',
  },
  {
    fault: 'F2',
    without: "the file of the server's database",
    edits: [
      {
        file: 'workers/temporal/server.ts',
        from: "'--db-filename', options.databaseFile, ...PRAGMAS",
        to: '...PRAGMAS',
      },
    ],
    test: 'test/chaos/temporal-killed.test.ts',
    name: 'the Temporal server is killed while agents run',
  },
  {
    fault: 'F3',
    without: 'the look whether a branch has been moved already',
    edits: [{ file: 'activities/git/hub.ts', from: '  if (now === to) return;\n', to: '' }],
    test: 'test/chaos/crash-points.test.ts',
    name: 'killed at train.after',
  },
  {
    fault: 'F4',
    without: 'the claim that lets one runner in',
    edits: [
      {
        file: 'activities/agents/run-agent.ts',
        from: 'if (claim === undefined) {\n      await deps.doors',
        to: 'if (claim === undefined || (runner === undefined && context.info.attempt > 1)) {\n      await deps.doors',
      },
      {
        file: 'workers/runner/run-spec.ts',
        from: "if (!createFileSync(join(directory, 'runner.json'), claim)) return false;",
        to: "createFileSync(join(directory, 'runner.json'), claim);",
      },
    ],
    test: 'test/chaos/worker-frozen.test.ts',
    name: 'does nothing twice',
  },
  {
    fault: 'F5',
    without: 'the search for processes by their marker',
    edits: [
      {
        file: 'activities/process/sweep.ts',
        from: '? await markedOnLinux(values, variable, roots)',
        to: '? (void markedOnLinux, roots)',
      },
    ],
    test: 'test/activity/agent-supervision.test.ts',
    name: 'forks twice',
  },
  {
    fault: 'F6',
    without: 'the start time of a process',
    edits: [
      { file: 'activities/process/identity.ts', from: 'now.startTime === claim.startTime && ', to: '' },
    ],
    test: 'test/activity/agent-supervision.test.ts',
    name: 'mistaken for a stranger',
  },
];

/** @throws when the text to be replaced is not there exactly once */
export const weaken = (source: string, { file, from, to }: Edit): string => {
  const parts = source.split(from);
  if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times: ${from}`);
  return parts.join(to);
};
