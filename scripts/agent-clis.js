// Gets the agent CLIs (claude, codex, gemini) from npm into the user's cache; with names, only those.
import { installAgentClis } from '../workers/executors/cli/install.ts';
import { AGENT_CLIS, isAgentCli } from '../workers/executors/cli/packages.ts';

const names = process.argv.slice(2);
const unknown = names.filter((name) => !isAgentCli(name));
try {
  if (unknown.length > 0)
    throw new Error(`Unknown: ${unknown.join(', ')}. There are ${AGENT_CLIS.join(', ')}`);
  await installAgentClis(
    { env: process.env, onProgress: (line) => console.error(line) },
    names.length === 0 ? AGENT_CLIS : names,
  );
} catch (error) {
  console.error(`${error.message}\n${error.hint ?? ''}`);
  process.exitCode = 1;
}
