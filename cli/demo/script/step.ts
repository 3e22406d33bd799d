/** What a scripted agent says and does in one answer. */

export interface ScriptedCall {
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface ScriptedStep {
  readonly say: string;
  readonly calls: readonly ScriptedCall[];
}

/** @param results of the tool calls of the step before, in order */
export type NextStep = (results: readonly string[]) => ScriptedStep;

export const read = (path: string): ScriptedCall => ({ tool: 'read_file', input: { path } });

export const write = (path: string, content: string): ScriptedCall => ({
  tool: 'write_file',
  input: { path, content },
});

export const edit = (path: string, oldText: string, newText: string): ScriptedCall => ({
  tool: 'edit_file',
  input: { path, old_text: oldText, new_text: newText },
});

export const runTests: ScriptedCall = { tool: 'run_command', input: { command: 'node --test' } };

/** The last step: says what was done, or that the tests do not pass. */
export const finishAfterTests =
  (summary: string): NextStep =>
  (results) => {
    const green = results.at(-1)?.startsWith('Exit code 0.') === true;
    return {
      say: green ? 'The tests pass.' : 'The tests fail, and my script ends here.',
      calls: [
        {
          tool: 'finish',
          input: {
            summary: green ? summary : `${summary} The tests fail:\n${results.at(-1) ?? ''}`.slice(0, 2000),
          },
        },
      ],
    };
  };

/** Looks at files, changes them and runs the tests, finishes. */
export const inThreeSteps = (script: {
  readonly look: ScriptedStep;
  readonly change: NextStep;
  readonly summary: string;
}): readonly NextStep[] => [() => script.look, script.change, finishAfterTests(script.summary)];
