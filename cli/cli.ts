/** What every command has: its surroundings and its way to answer. */
import { Command } from 'commander';
import type { Home } from '../store/home.ts';
import { safeJson } from './output/plain-text.ts';
import { style, wantsColour, type Style } from './output/style.ts';
import type { Look } from './views/swarm-view.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Cli {
  readonly env: Environment;
  readonly cwd: string;
  readonly home: Home;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** For commands that have something to say on Ctrl-C; it simply ends those that never call this. */
  readonly onInterrupt: () => AbortSignal;
  exitCode: number;
}

/** What a command answers, for programs and for people. */
export interface Answer {
  readonly json: unknown;
  readonly lines: readonly string[];
  /** @default 0 */
  readonly exitCode?: number;
}

export interface CommonOptions {
  readonly json?: boolean;
}

/** A row of a table is cut here when the output is no terminal: pipes have no width. */
const WIDTH_WITHOUT_TERMINAL = 200;

export const styleOf = (cli: Cli, stream: NodeJS.WriteStream = cli.stdout): Style =>
  style(wantsColour(stream.isTTY, cli.env));

export const lookOf = (cli: Cli): Look => ({
  style: styleOf(cli),
  width: cli.stdout.isTTY ? cli.stdout.columns : WIDTH_WITHOUT_TERMINAL,
  now: Date.now(),
});

export const print = (cli: Cli, lines: readonly string[]): void => {
  if (lines.length > 0) cli.stdout.write(`${lines.join('\n')}\n`);
};

export const printJson = (cli: Cli, value: unknown): void => {
  cli.stdout.write(`${safeJson(value, 2)}\n`);
};

/** One value per line, for output that goes on. */
export const printJsonLine = (cli: Cli, value: unknown): void => {
  cli.stdout.write(`${safeJson(value)}\n`);
};

export const answer = (cli: Cli, options: CommonOptions, given: Answer): void => {
  if (options.json === true) printJson(cli, given.json);
  else print(cli, given.lines);
  cli.exitCode = given.exitCode ?? 0;
};

/** A command with what all commands have: `--json`, and examples in its help. */
export const command = (name: string, summary: string, examples: readonly string[]): Command =>
  new Command(name)
    .description(summary)
    .option('--json', 'answer as JSON')
    .addHelpText('after', `\nExamples:\n${examples.map((example) => `  $ drover ${example}`).join('\n')}`);
