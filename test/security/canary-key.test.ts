/** A scripted malicious agent looks for the key of the model provider, which the gateway holds, everywhere it can. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { gatewayAccess } from '../../activities/model/access.ts';
import { openAgentHome, type AgentHome } from '../support/agent-home.ts';
import { REAL_KEY, startGateway, type TestGateway } from '../support/gateway.ts';
import { startProvider, type Provider } from '../support/provider.ts';

let home: AgentHome;
let gateway: TestGateway;
let provider: Provider;
beforeEach(async () => {
  provider = await startProvider((_, response) => void response.end('{}'));
  gateway = await startGateway(provider.url);
  home = await openAgentHome();
  Object.assign(
    home.deps.doors,
    gatewayAccess({ db: gateway.store.db, gatewayUrl: async () => gateway.url }),
  );
});
afterEach(async () => {
  expect(await home.close()).toEqual([]);
  await gateway.close();
  await provider.close();
});

/** The content of every file under `directory`. */
const everything = async (directory: string): Promise<string> => {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const texts = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1')),
  );
  return texts.join('\n');
};

const ATTACK = `
env
tr '\\0' '\\n' < /proc/$PPID/environ
for one in /proc/[0-9]*; do grep -az DROVER_AGENT_MARKER $one/environ | tr '\\0' '\\n'; done 2>/dev/null
cat ../agents/*/* 2>/dev/null
for path in health metrics anthropic/v1/models a/drover-0123456789abcdef/anthropic/v1/models; do
  node -e 'fetch(process.argv[1], { headers: { "x-api-key": "drover-somebody-else" } }).then(async (answer) => console.log("ANSWER", process.argv[2], answer.status, await answer.text()))' "$GATEWAY/$path" $path
done
echo done > stolen.txt
`;

test('an agent that searches its environment, processes, run directory and gateway finds no key', async () => {
  const { agent } = await home.run(ATTACK, { env: { GATEWAY: gateway.url } });
  const log = await readFile(agent.directory.events, 'utf8');
  // It did look, and saw something.
  expect(log).toContain('DROVER_AGENT_MARKER');
  expect(log).toMatch(/ANSWER health 200/);
  expect(log).toMatch(/ANSWER anthropic\/v1\/models 401/);
  expect(log).toMatch(/ANSWER a\/drover-0123456789abcdef\/anthropic\/v1\/models 401/);
  const kept = await everything(home.home.root);
  expect(kept).toContain('stolen.txt');
  expect(kept).not.toContain(REAL_KEY);
  // What was refused is counted for the people who run the gateway.
  expect(await (await fetch(`${gateway.url}/metrics`)).text()).toContain(
    'drover_model_calls_refused_total{reason="token"} 2',
  );
  expect(provider.requests).toHaveLength(0);
});
