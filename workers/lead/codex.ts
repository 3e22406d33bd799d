/**
 * Codex as the lead of a team: every tool of its own is switched off, and its sandbox lets nothing be written all the
 * same. Its events leave out the calls that it refused, so what it asked for is read from its record of the run.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { agentEndpoints } from '../../domain/agents/access.ts';
import { costOf } from '../../domain/models/usage.ts';
import { CODEX_KEYS, codexTables, MODEL_TOKEN, toml } from '../executors/cli/codex-settings.ts';
import { codexTokens } from '../executors/cli/codex-stream.ts';
import { asFields, asList, asText, lineFields, type Fields } from '../executors/cli/fields.ts';
import {
  LEAD_SERVER,
  LEAD_TOKEN,
  type LeadCallMade,
  type LeadDialect,
  type LeadReader,
  type LeadRun,
} from './dialect.ts';

/** What brings tools along, or words about them. */
const OFF = [
  'apps',
  'browser_use',
  'code_mode',
  'code_mode_host',
  'computer_use',
  'goals',
  'hooks',
  'image_generation',
  'memories',
  'multi_agent',
  'plugins',
  'remote_plugin',
  'shell_snapshot',
  'shell_tool',
  'skill_mcp_dependency_install',
  'skill_search',
  'sleep_tool',
  'tool_call_mcp_elicitation',
  'tool_search_always_defer_mcp_tools',
  'tool_suggest',
  'unified_exec',
  'unified_exec_tty',
  'view_image',
  'workspace_dependencies',
];
/** What the program knows of a model may outweigh its settings: these are then the tools that come with the model. */
const PLAIN = {
  tool_mode: null,
  shell_type: 'disabled',
  apply_patch_tool_type: null,
  experimental_supported_tools: [],
  use_responses_lite: false,
  supports_search_tool: false,
  multi_agent_version: null,
  input_modalities: ['text'],
} as const;

const CATALOG = 'models.json';
const INSTRUCTIONS = 'instructions.md';
const NAMESPACE = `mcp__${LEAD_SERVER}`;

const config = ({ access, tools, home }: LeadRun): string => `${CODEX_KEYS}
model_instructions_file = ${toml(join(home, INSTRUCTIONS))}
model_catalog_json = ${toml(join(home, CATALOG))}
web_search = "disabled"
sandbox_mode = "read-only"
approval_policy = "never"
include_environment_context = false
include_permissions_instructions = false

[features]
${OFF.map((feature) => `${feature} = false`).join('\n')}

[skills]
include_instructions = false

[tools.update_plan]
enabled = false

[tools.experimental_request_user_input]
enabled = false

${codexTables(agentEndpoints(access).openai)}${
  tools === undefined
    ? ''
    : `
[mcp_servers.${LEAD_SERVER}]
url = ${toml(tools.url)}
bearer_token_env_var = "${LEAD_TOKEN}"
required = true
default_tools_approval_mode = "approve"
`
}`;

/** The models that the program knows, without what each brings along. */
const plainCatalog = (text: string): string => {
  const { models } = asFields(JSON.parse(text));
  return JSON.stringify({ models: asList(models).map((model) => ({ ...asFields(model), ...PLAIN })) });
};

/** The calls in the records of a home that knows one run. */
const callsIn = async (home: string): Promise<LeadCallMade[]> => {
  const sessions = join(home, 'sessions');
  const files = await readdir(sessions, { recursive: true, withFileTypes: true }).catch(() => []);
  const texts = await Promise.all(
    files
      .filter((file) => file.isFile() && file.name.endsWith('.jsonl'))
      .map((file) => readFile(join(file.parentPath, file.name), 'utf8')),
  );
  return texts
    .flatMap((text) => text.split('\n'))
    .map((line) => asFields(lineFields(line)?.['payload']))
    .filter(({ type }) => type === 'function_call' || type === 'custom_tool_call')
    .map(callOf);
};

const callOf = (item: Fields): LeadCallMade => {
  const name = asText(item['name']);
  const isOurs = item['namespace'] === NAMESPACE;
  return {
    id: asText(item['call_id']),
    name: isOurs ? name : name.replace(`${NAMESPACE}__`, ''),
    input: lineFields(asText(item['arguments'])) ?? item['input'] ?? {},
  };
};

const codexReader: LeadDialect['reader'] = ({ home, price }): LeadReader => {
  let text = '';
  let failure = '';
  let used: Fields | undefined;
  return {
    read(line) {
      const event = lineFields(line);
      const item = asFields(event?.['item']);
      if (event?.['type'] === 'item.completed' && item['type'] === 'agent_message')
        text = asText(item['text']);
      if (event?.['type'] === 'turn.completed') used = asFields(event['usage']);
      if (event?.['type'] === 'turn.failed') failure = asText(asFields(event['error'])['message']);
    },
    async end() {
      if (used === undefined) return { failed: failure };
      const tokens = codexTokens(used);
      return {
        text,
        calls: await callsIn(home),
        usage: { ...tokens, calls: 1, ...costOf(tokens, price) },
      };
    },
  };
};

export const codexLead: LeadDialect = {
  title: 'Codex',
  reader: codexReader,
  async launch(run) {
    const { home, system, prompt, model, access } = run;
    const env = { CODEX_HOME: home, [MODEL_TOKEN]: access.token };
    await writeFile(join(home, CATALOG), plainCatalog(await run.output(['debug', 'models'], env)));
    await writeFile(join(home, INSTRUCTIONS), system);
    await writeFile(join(home, 'config.toml'), config(run), { mode: 0o600 });
    return {
      args: ['exec', '--json', '--skip-git-repo-check', ...(model === '' ? [] : ['--model', model]), '-'],
      env,
      stdin: prompt,
    };
  },
};
