/** Runs the built `drover` as a real process: to its end, in the background, or in a pseudo-terminal. */
import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface CliEnvironment {
  readonly home: string;
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Ended {
  /** Exit code, or the name of the signal. */
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly pid: number;
  /** Everything it has printed on stdout. */
  output(): string;
  /** Waits until the output, without escapes, holds `text` (or matches it). */
  until(text: string | RegExp, timeoutMs?: number): Promise<string>;
  type(text: string): void;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<Ended>;
}

/** Without the caller's keys and settings: a test says itself what a process is to know. */
const environment = ({ home, env }: CliEnvironment): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: process.env['HOME'],
  LANG: 'C.UTF-8',
  ...(process.env['XDG_CACHE_HOME'] === undefined ? {} : { XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] }),
  ...(process.env['TEMPORAL_CLI_PATH'] === undefined
    ? {}
    : { TEMPORAL_CLI_PATH: process.env['TEMPORAL_CLI_PATH'] }),
  DROVER_HOME: home,
  ...env,
});

/** What a terminal acts on, taken out to look at the text. */
export const withoutEscapes = (output: string): string =>
  // oxlint-disable-next-line no-control-regex -- that is what it is about
  output.replace(/\u001b\[[0-9;?]*[a-zA-Z]/g, '');

const watched = (child: ChildProcess): Running => {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  let over = false;
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => {
      over = true;
      resolve({ code: code ?? signal ?? 'unknown', stdout, stderr });
    });
  });
  return {
    pid: child.pid ?? 0,
    output: () => stdout,
    until: async (text, timeoutMs = 60_000) => {
      const end = Date.now() + timeoutMs;
      const found = (): boolean =>
        typeof text === 'string' ? withoutEscapes(stdout).includes(text) : text.test(withoutEscapes(stdout));
      while (!found()) {
        if (over || Date.now() > end)
          throw new Error(
            `${String(text)} was not printed ${over ? 'before the end' : 'in time'}:\n${withoutEscapes(stdout).slice(-3_000)}\n${stderr}`,
          );
        await sleep(30);
      }
      return stdout;
    },
    type: (text) => child.stdin?.write(text),
    kill: (signal) => child.kill(signal),
    ended,
  };
};

export const startCli = (surroundings: CliEnvironment, ...args: readonly string[]): Running =>
  watched(
    spawn(process.execPath, [MAIN, ...args], {
      cwd: surroundings.cwd,
      env: environment(surroundings),
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );

export const runCli = (surroundings: CliEnvironment, ...args: readonly string[]): Promise<Ended> =>
  startCli(surroundings, ...args).ended;

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** Any program in a real pseudo-terminal of 100 × 30, made by util-linux's `script`; what is typed goes to it. */
export const startProgramInTerminal = (
  surroundings: CliEnvironment,
  ...words: readonly string[]
): Running => {
  const command = words.map(quoted).join(' ');
  return watched(
    spawn('script', ['-qefc', `stty cols 100 rows 30; ${command}`, '/dev/null'], {
      cwd: surroundings.cwd,
      env: { ...environment(surroundings), TERM: 'xterm-256color' },
      stdio: ['pipe', 'pipe', 'pipe'],
    }),
  );
};

export const startInTerminal = (surroundings: CliEnvironment, ...args: readonly string[]): Running =>
  startProgramInTerminal(surroundings, process.execPath, MAIN, ...args);

/** What `drover … --json` answered. */
export const json = async <T>(surroundings: CliEnvironment, ...args: readonly string[]): Promise<T> => {
  const { code, stdout, stderr } = await runCli(surroundings, ...args, '--json');
  if (code !== 0) throw new Error(`drover ${args.join(' ')} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as T;
};
