/** Claude Code as the lead of a team: none of its own tools, the six by MCP, and settings of its own. */
import { join } from 'node:path';
import { agentEndpoints } from '../../domain/agents/access.ts';
import { NO_USAGE } from '../../domain/models/usage.ts';
import { LEAD_TOOLS } from '../../domain/team/tools.ts';
import { CLAUDE_VARIABLES, writeMcpFile } from '../executors/cli/claude-settings.ts';
import { usageByModel } from '../executors/cli/claude-stream.ts';
import { asFields, asList, asText, lineFields, type Fields } from '../executors/cli/fields.ts';
import {
  LEAD_SERVER,
  LEAD_TOKEN,
  STEPS,
  withoutPrefix,
  type LeadCallMade,
  type LeadDialect,
  type LeadReader,
} from './dialect.ts';

const PREFIX = `mcp__${LEAD_SERVER}__`;

const claudeReader = (): LeadReader => {
  const calls: LeadCallMade[] = [];
  const answers = new Set<string>();
  let text = '';
  let result: Fields | undefined;
  return {
    read(line) {
      const event = lineFields(line);
      if (event?.['type'] === 'result') result = event;
      if (event?.['type'] !== 'assistant') return;
      const message = asFields(event['message']);
      answers.add(asText(message['id']));
      for (const block of asList(message['content']).map(asFields)) {
        if (block['type'] === 'text') text = asText(block['text']);
        if (block['type'] !== 'tool_use') continue;
        calls.push({
          id: asText(block['id']),
          name: withoutPrefix(asText(block['name']), PREFIX),
          input: block['input'],
        });
      }
    },
    end() {
      if (result === undefined || result['is_error'] === true) return { failed: asText(result?.['result']) };
      const usage = usageByModel(result['modelUsage'], result['total_cost_usd']);
      return { text, calls, usage: { ...NO_USAGE, ...usage, calls: answers.size } };
    },
  };
};

export const claudeLead: LeadDialect = {
  title: 'Claude Code',
  reader: claudeReader,
  async launch({ home, system, prompt, model, access, tools }) {
    const file = join(home, 'mcp.json');
    await writeMcpFile(file, tools && { url: tools.url, tokenVariable: LEAD_TOKEN });
    return {
      args: [
        '-p',
        '--output-format=stream-json',
        '--verbose',
        '--tools=',
        '--permission-mode=dontAsk',
        `--allowedTools=${LEAD_TOOLS.map((tool) => `${PREFIX}${tool}`).join(',')}`,
        `--system-prompt=${system}`,
        `--mcp-config=${file}`,
        '--strict-mcp-config',
        '--no-session-persistence',
        `--max-turns=${STEPS}`,
        ...(model === '' ? [] : [`--model=${model}`]),
      ],
      env: {
        CLAUDE_CONFIG_DIR: home,
        ...CLAUDE_VARIABLES,
        // Or a placeholder of its own stands beside the six.
        ENABLE_TOOL_SEARCH: 'false',
        ANTHROPIC_BASE_URL: agentEndpoints(access).anthropic,
        ANTHROPIC_API_KEY: access.token,
      },
      stdin: prompt,
    };
  },
};
