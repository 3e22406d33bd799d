/**
 * Claude Code by its Agent SDK, as a program that reads and prints what the CLI itself does: messages as lines of JSON.
 * It is a process of the agent like any other, so that limits, sandbox and end are the same.
 *
 *   node sdk-program.js <path of the SDK> <options as JSON> < messages
 */
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

/** What of the SDK is used; it is no dependency, but found where it was installed. */
interface AgentSdk {
  query(input: {
    readonly prompt: AsyncIterable<object>;
    readonly options: object;
  }): AsyncIterable<{ readonly type: string }>;
}

const messages = async function* (): AsyncGenerator<object> {
  for await (const line of createInterface({ input: process.stdin }))
    if (line.trim() !== '') yield { parent_tool_use_id: null, ...(JSON.parse(line) as object) };
};

const main = async (sdkPath: string, options: object): Promise<void> => {
  const sdk = (await import(pathToFileURL(sdkPath).href)) as AgentSdk;
  let hasResult = false;
  try {
    for await (const message of sdk.query({ prompt: messages(), options })) {
      hasResult ||= message.type === 'result';
      process.stdout.write(`${JSON.stringify(message)}\n`);
    }
  } catch (error) {
    // A result that is an error is thrown as well, after it was given.
    if (!hasResult) process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
};

const [sdkPath = '', options = '{}'] = process.argv.slice(2);
await main(sdkPath, JSON.parse(options) as object);
