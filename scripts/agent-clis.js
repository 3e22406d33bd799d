// Gets the agent CLIs (claude, codex, gemini) and Claude's Agent SDK from npm into the user's cache; with names, only those.
import { installAgentClis } from '../workers/executors/cli/install.ts';
import { AGENT_PACKAGES, isAgentPackage } from '../workers/executors/cli/packages.ts';

const names = process.argv.slice(2);
const unknown = names.filter((name) => !isAgentPackage(name));
try {
  if (unknown.length > 0)
    throw new Error(`Unknown: ${unknown.join(', ')}. There are ${AGENT_PACKAGES.join(', ')}`);
  await installAgentClis(
    { env: process.env, onProgress: (line) => console.error(line) },
    names.length === 0 ? AGENT_PACKAGES : names,
  );
} catch (error) {
  console.error(`${error.message}\n${error.hint ?? ''}`);
  process.exitCode = 1;
}
