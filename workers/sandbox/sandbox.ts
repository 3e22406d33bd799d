/**
 * The sandbox of one agent. Its processes see the system read-only, their workspace, caches and a home of their own,
 * no process of others, and no network but the gateway and the hosts that the settings name.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Enclose } from '../../activities/process/run-command.ts';
import type { AgentSpec } from '../../domain/agents/agent.ts';
import { DroverFailure } from '../../domain/failures.ts';
import type { ExecutorEvent, ModelAccess } from '../executors/executor.ts';
import { sdkFiles } from '../executors/cli/claude-sdk.ts';
import { findCli } from '../executors/cli/find.ts';
import {
  bubblewrapArguments,
  probeSandbox,
  programDirectories,
  programPlace,
  realProgram,
  type SandboxFinding,
} from './bubblewrap.ts';
import { openWaysOut } from './network.ts';

export interface Sandbox {
  readonly enclose: Enclose;
  /** On top of the agent's environment. */
  readonly variables: Readonly<Record<string, string>>;
  close(): void;
}

interface SandboxInput {
  readonly spec: AgentSpec;
  readonly own: Readonly<Record<string, string | undefined>>;
  readonly env: Readonly<Record<string, string>>;
  readonly modelAccess: ModelAccess;
  readonly temporaryDirectory: string;
  readonly emit: (event: ExecutorEvent) => void;
}

/** What runs inside, as source or as built; the runner is built as one file in a directory of its own. */
const DOOR = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './door.ts' : '../workers/sandbox/door.js', import.meta.url),
);
const DOORS = '/run/drover';
/** Refused addresses that are told of one agent. */
const TOLD_AT_MOST = 100;

/** Of programs that use their own login, where they keep it. */
const LOGINS: Readonly<Record<string, readonly string[]>> = {
  claude: ['.claude', '.claude.json'],
  'agent-teams': ['.claude', '.claude.json'],
  codex: ['.codex'],
  gemini: ['.gemini'],
};

const whyNot = (finding: Exclude<SandboxFinding, { kind: 'works' }>): string =>
  finding.kind === 'missing'
    ? 'there is no bubblewrap (bwrap)'
    : `${finding.path} cannot make one: ${finding.reason}`;

/** The program that is started is Node then; these it starts and reads. */
const claudeBySdk = (spec: AgentSpec, own: SandboxInput['own']): readonly string[] =>
  [...sdkFiles(own), findCli('claude', spec.executorSettings?.path, own).path].flatMap((path) =>
    programPlace(realProgram(path)),
  );

const ownLogin = (
  { executor, executorKind, executorSettings }: AgentSpec,
  home: string,
): readonly string[] =>
  executorSettings?.login === 'own'
    ? (LOGINS[executorKind ?? executor] ?? [])
        .map((name) => join(home, name))
        .filter((path) => existsSync(path))
    : [];

/** Says each refused address once. */
const refusals = (emit: SandboxInput['emit']): ((target: string) => void) => {
  const told = new Set<string>();
  return (target) => {
    if (told.has(target) || told.size >= TOLD_AT_MOST) return;
    told.add(target);
    emit({
      kind: 'permission_denied',
      tool: 'network',
      text: `The sandbox refused a connection to ${target}`,
    });
  };
};

const proxyVariables = (port: number): Readonly<Record<string, string>> => {
  const address = `http://127.0.0.1:${port}`;
  const local = 'localhost,127.0.0.1,::1';
  return {
    HTTP_PROXY: address,
    HTTPS_PROXY: address,
    ALL_PROXY: address,
    http_proxy: address,
    https_proxy: address,
    all_proxy: address,
    NO_PROXY: local,
    no_proxy: local,
    NODE_USE_ENV_PROXY: '1',
  };
};

/**
 * @returns undefined when the agent runs without one
 * @throws {DroverFailure} when one is required and cannot be had
 */
export const openSandbox = async (input: SandboxInput): Promise<Sandbox | undefined> => {
  const { spec, own, env, modelAccess, temporaryDirectory, emit } = input;
  const wanted = spec.sandbox;
  if (wanted === undefined) return undefined;
  const finding = await probeSandbox(own);
  if (finding.kind !== 'works') {
    if (wanted.mode === 'required')
      throw new DroverFailure('unavailable', `The settings require a sandbox, and ${whyNot(finding)}`, {
        hint: 'install bubblewrap and let it make user namespaces (drover doctor says more), or set "sandbox: auto"',
      });
    emit({ kind: 'notice', text: `The agent runs without a sandbox: ${whyNot(finding)}` });
    return undefined;
  }
  const home = env['HOME'] ?? '';
  const privateHome = join(spec.runDirectory, 'home');
  const cliDirectory = join(spec.runDirectory, 'cli');
  const doorsDirectory = join(spec.runDirectory, 'doors');
  for (const path of [privateHome, cliDirectory]) mkdirSync(path, { recursive: true });
  const waysOut = await openWaysOut({
    directory: doorsDirectory,
    gatewayUrl: modelAccess.gateway?.gatewayUrl,
    hosts: wanted.hosts,
    onRefused: refusals(emit),
  });
  const secret = [home, spec.runDirectory, spec.workspace].filter((path) => path !== '');
  const tools = [
    ...programDirectories(env['PATH'] ?? '', secret),
    ...programPlace(realProgram(process.execPath)),
    ...wanted.read.map((path) => path.replace(/^~(?=\/)/, home)).filter((path) => existsSync(path)),
    DOOR,
    ...(spec.executorSettings?.sdk === true ? claudeBySdk(spec, own) : []),
    wanted.objects,
  ];
  const writable = [
    ...(spec.cache === undefined ? [] : [spec.cache]),
    ...ownLogin(spec, home),
    temporaryDirectory,
    cliDirectory,
    spec.workspace,
  ].filter((path) => existsSync(path));
  const doors = waysOut.doors.map(([port, path]) => `${port}=${DOORS}${path.slice(doorsDirectory.length)}`);
  const enclose: Enclose = ({ path, args }, markers) => {
    const real = realProgram(path);
    return {
      path: finding.path,
      args: [
        ...bubblewrapArguments(
          {
            readable: [...tools, ...programPlace(real)],
            writable,
            moved: [
              [temporaryDirectory, '/tmp'],
              ...(home.length > 1 ? [[privateHome, home] as const] : []),
              [doorsDirectory, DOORS],
            ],
          },
          spec.workspace,
          markers,
        ),
        process.execPath,
        DOOR,
        ...doors,
        '--',
        real,
        ...args,
      ],
    };
  };
  emit({
    kind: 'notice',
    text: `The agent runs in a sandbox (${finding.version}): its workspace and caches, and the gateway${wanted.hosts.length === 0 ? '' : ` and ${wanted.hosts.join(', ')}`}`,
  });
  return { enclose, variables: proxyVariables(waysOut.proxyPort), close: () => waysOut.close() };
};
