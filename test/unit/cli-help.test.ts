/** What `--help` says: every command is there, with examples and `--json`. */
import { expect, test } from '@jest/globals';
import { Writable } from 'node:stream';
import type { Cli } from '../../cli/cli.ts';
import { runProgram } from '../../cli/program.ts';
import { homeAt } from '../../store/home.ts';

const help = async (...args: readonly string[]): Promise<string> => {
  let printed = '';
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      printed += chunk.toString();
      done();
    },
  }) as unknown as NodeJS.WriteStream;
  const cli: Cli = {
    env: {},
    cwd: '/',
    home: homeAt('/nonexistent'),
    stdin: process.stdin,
    stdout: stream,
    stderr: stream,
    onInterrupt: () => new AbortController().signal,
    exitCode: 0,
  };
  await runProgram(cli, args);
  expect(cli.exitCode).toBe(0);
  return printed;
};

const commandsIn = (text: string): readonly string[] =>
  [...text.matchAll(/^ {2}([a-z][a-z-]+)(?: |$)/gm)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'help');

test('every command has help with examples, and answers as JSON', async () => {
  const names = commandsIn(await help('--help'));
  expect(names).toEqual(
    expect.arrayContaining([
      'run',
      'submit',
      'plan',
      'plan-list',
      'plan-continue',
      'execute-plan',
      'discuss',
      'diff',
      'merge',
      'push',
      'costs',
      'completion',
    ]),
  );
  expect(names).not.toContain('__complete');
  for (const name of names) {
    const text = await help(name, '--help');
    // A group of commands says nothing itself.
    const children = text.includes('\nCommands:') ? commandsIn(text.slice(text.indexOf('\nCommands:'))) : [];
    const texts =
      children.length === 0
        ? [text]
        : await Promise.all(children.map((child) => help(name, child, '--help')));
    for (const one of texts) {
      expect(one).toContain('Examples:');
      expect(one).toContain('--json');
    }
  }
});
