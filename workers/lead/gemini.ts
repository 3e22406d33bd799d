/**
 * Gemini CLI as the lead of a team. Its policy denies every tool but those of the server with the six: what is always
 * denied is not offered to the model, and a call of it ends as that of a tool which is not there.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { agentEndpoints } from '../../domain/agents/access.ts';
import { costOf } from '../../domain/models/usage.ts';
import { asFields, asText, lineFields, type Fields } from '../executors/cli/fields.ts';
import { GEMINI_VARIABLES, geminiSettings } from '../executors/cli/gemini-settings.ts';
import { geminiTokens } from '../executors/cli/gemini-stream.ts';
import {
  LEAD_SERVER,
  LEAD_TOKEN,
  STEPS,
  withoutPrefix,
  type LeadCallMade,
  type LeadDialect,
  type LeadReader,
} from './dialect.ts';

const PREFIX = `mcp_${LEAD_SERVER}_`;

/** Nothing that a user can set weighs more. */
const POLICY = `[[rule]]
toolName = "*"
decision = "deny"
priority = 998

[[rule]]
mcpName = "${LEAD_SERVER}"
toolName = "*"
decision = "allow"
priority = 999
`;

/** Of one call of a tool that only notes it. */
const TOOL_SECONDS = 60;

const geminiReader: LeadDialect['reader'] = ({ price }): LeadReader => {
  const calls: LeadCallMade[] = [];
  let text = '';
  let open = false;
  let trouble = '';
  let result: Fields | undefined;
  return {
    read(line) {
      const event = lineFields(line);
      // An answer comes in pieces; whatever else comes ends it.
      const speaks = event?.['type'] === 'message' && event['role'] === 'assistant';
      if (speaks) text = (open ? text : '') + asText(event['content']);
      open = speaks;
      if (event?.['type'] === 'error') trouble = asText(event['message']);
      if (event?.['type'] === 'result') result = event;
      if (event?.['type'] !== 'tool_use') return;
      calls.push({
        id: asText(event['tool_id']),
        name: withoutPrefix(asText(event['tool_name']), PREFIX),
        input: event['parameters'],
      });
    },
    end() {
      if (result?.['status'] !== 'success')
        return { failed: asText(asFields(result?.['error'])['message']) || trouble };
      const used = geminiTokens(result);
      return { text, calls, usage: { ...used, calls: 1, ...costOf(used, price) } };
    },
  };
};

export const geminiLead: LeadDialect = {
  title: 'Gemini CLI',
  reader: geminiReader,
  async launch({ home, system, prompt, model, access, tools }) {
    const settings = join(home, '.gemini');
    const policies = join(settings, 'policies');
    const rules = join(home, 'system.md');
    await mkdir(policies, { recursive: true });
    await writeFile(
      join(settings, 'settings.json'),
      geminiSettings(
        STEPS,
        tools && { url: tools.url, tokenVariable: LEAD_TOKEN, timeoutSeconds: TOOL_SECONDS },
      ),
      { mode: 0o600 },
    );
    await writeFile(join(policies, 'lead.toml'), POLICY);
    await writeFile(rules, system);
    return {
      args: [
        '--output-format=stream-json',
        '--approval-mode=default',
        ...(model === '' ? [] : [`--model=${model}`]),
      ],
      env: {
        ...GEMINI_VARIABLES,
        GEMINI_CLI_HOME: home,
        GEMINI_SYSTEM_MD: rules,
        GEMINI_API_KEY: access.token,
        GOOGLE_GEMINI_BASE_URL: agentEndpoints(access).gemini,
      },
      stdin: prompt,
    };
  },
};
