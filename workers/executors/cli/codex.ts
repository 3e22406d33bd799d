/** Codex: how it is started. With a gateway it has a home of its own in the run directory. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { agentEndpoints } from '../../../domain/agents/access.ts';
import { onlyReads } from '../../../domain/agents/held-tools.ts';
import { NO_USAGE } from '../../../domain/models/usage.ts';
import type { ExecutorContext } from '../executor.ts';
import { CODEX_KEYS, codexTables, MODEL_TOKEN, toml } from './codex-settings.ts';
import { codexReader } from './codex-stream.ts';
import type { Dialect, Launch } from './dialect.ts';
import { findCli } from './find.ts';
import { promptsFor, TOOL_SECONDS } from './prompt.ts';
import { cliHome } from './run.ts';

const config = (openai: string, mcp: string): string => `${CODEX_KEYS}

${codexTables(openai)}
[mcp_servers.drover]
url = ${toml(mcp)}
bearer_token_env_var = "${MODEL_TOKEN}"
startup_timeout_sec = 60
tool_timeout_sec = ${TOOL_SECONDS}
`;

/** A thread id goes into arguments. */
const isThread = (id: string): boolean => /^[0-9a-f-]{36}$/.test(id);

const launch = async (context: ExecutorContext): Promise<Launch> => {
  const { spec, modelAccess, ownEnv } = context;
  const settings = spec.executorSettings ?? {};
  const resume =
    context.resume !== undefined && isThread(context.resume.session) ? context.resume : undefined;
  const home = cliHome(context, 'codex');
  const own = settings.login === 'own' || modelAccess.gateway === undefined;
  if (!own && modelAccess.gateway !== undefined) {
    const { openai, mcp } = agentEndpoints(modelAccess.gateway);
    await mkdir(home, { recursive: true });
    await writeFile(join(home, 'config.toml'), config(openai, mcp.url), { mode: 0o600 });
  }
  return {
    program: findCli('codex', settings.path, ownEnv).path,
    args: [
      'exec',
      ...(resume === undefined ? [] : ['resume']),
      '--json',
      '--skip-git-repo-check',
      '--disable',
      'plugins',
      '-c',
      'web_search="disabled"',
      ...(onlyReads(spec.role?.tools)
        ? ['-c', 'sandbox_mode="read-only"', '-c', 'approval_policy="never"']
        : settings.permissions === 'edits'
          ? ['-c', 'sandbox_mode="workspace-write"', '-c', 'approval_policy="never"']
          : ['--dangerously-bypass-approvals-and-sandbox']),
      ...(spec.model === '' ? [] : ['--model', spec.model]),
      ...(own ? ['-c', 'analytics.enabled=false', '-c', 'check_for_update_on_startup=false'] : []),
      ...(settings.args ?? []),
      ...(resume === undefined ? [] : [resume.session]),
      '-',
    ],
    env: {
      ...(own ? {} : { CODEX_HOME: home, [MODEL_TOKEN]: modelAccess.gateway?.token ?? '' }),
      ...settings.env,
    },
    stdin: promptsFor(spec, resume?.reason).whole,
    reader: codexReader({
      before: resume?.used ?? NO_USAGE,
      ...(spec.price === undefined ? {} : { price: spec.price }),
    }),
  };
};

export const codex: Dialect = { launch };
