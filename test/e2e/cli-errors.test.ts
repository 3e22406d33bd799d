/** What the CLI says and with what it exits when something is wrong, before anything is started. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { access, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCli, type CliEnvironment } from '../support/cli.ts';
import { git, makeRepository, temporaryDirectory, writeFiles } from '../support/repository.ts';

let directory: string;
let here: CliEnvironment;

beforeAll(async () => {
  directory = await temporaryDirectory('drover-cli');
  here = { home: join(directory, 'home'), cwd: directory };
  await makeRepository(join(directory, 'répo with space'), { 'a.txt': 'a\n' });
  await writeFiles(directory, { 'plain/a.txt': 'no repository\n' });
  await git(directory, 'init', '-q', 'empty');
  await writeFiles(directory, {
    'cycle.yml': [
      'goal: round and round',
      'tasks:',
      '  - { id: a, title: A, command: "true", dependsOn: [b] }',
      '  - { id: b, title: B, command: "true", dependsOn: [a] }',
    ].join('\n'),
    'none.yml': 'goal: nothing\ntasks: []\n',
    'good.yml': 'goal: fine\ntasks: [{ id: a, title: A, command: "true" }]\n',
    'bad-config.yml': 'paralel: 3\ngates:\n  conflict: maybe\n',
  });
});

afterAll(() => rm(directory, { recursive: true, force: true }));

const repository = 'répo with space';

interface Case {
  readonly what: string;
  readonly args: readonly string[];
  readonly code: number;
  readonly says: readonly (string | RegExp)[];
}

const cases: readonly Case[] = [
  {
    what: 'a path that does not exist',
    args: ['run', 'goal', '--repo', 'nowhere'],
    code: 2,
    says: ['nowhere does not exist'],
  },
  {
    what: 'not a repository',
    args: ['run', 'goal', '--repo', 'plain'],
    code: 3,
    says: ['is not in a git repository', 'git init'],
  },
  {
    what: 'an empty repository',
    args: ['run', 'goal', '--repo', 'empty'],
    code: 3,
    says: ['has no commit to start from'],
  },
  {
    what: 'a missing base branch',
    args: ['run', '--plan', 'good.yml', '--repo', repository, '--base', 'nope', '--executor', 'command'],
    code: 2,
    says: ['no branch, tag or commit "nope"'],
  },
  {
    what: 'a base that looks like an option',
    args: ['run', '--plan', 'good.yml', '--repo', repository, '--base=--all', '--executor', 'command'],
    code: 2,
    says: ['no branch, tag or commit "--all"'],
  },
  {
    what: 'a plan with a cycle',
    args: ['run', '--plan', 'cycle.yml', '--repo', repository, '--executor', 'command'],
    code: 2,
    says: [/cycle\.yml:\d+:\d+: .*a → b → a/],
  },
  {
    what: 'a plan with no tasks',
    args: ['run', '--plan', 'none.yml', '--repo', repository],
    code: 2,
    says: ['The plan has no tasks'],
  },
  {
    what: 'a plan file that is not there',
    args: ['run', '--plan', 'missing.yml', '--repo', repository],
    code: 2,
    says: ['missing.yml: There is no such file'],
  },
  {
    what: 'a bad drover.yml, a bad plan and a bad base, all at once',
    args: ['run', '--plan', 'none.yml', '--repo', repository, '--base', 'nope', '--config', 'bad-config.yml'],
    code: 2,
    says: [
      '4 things have to be put right',
      /bad-config\.yml:1:1: "paralel".*did you mean "parallel"/,
      /bad-config\.yml:3:\d+: "gates\.conflict"/,
      'none.yml: The plan has no tasks',
      'no branch, tag or commit "nope"',
    ],
  },
  {
    what: 'neither a goal nor a plan',
    args: ['run', '--repo', repository],
    code: 2,
    says: ['Neither a goal nor a plan'],
  },
  {
    what: 'a command executor without a command',
    args: ['run', '--repo', repository, '--plan', 'no-command.yml', '--executor', 'command'],
    code: 2,
    says: ['Task "a" is for the executor "command" and has no command'],
  },
  {
    what: 'a plan by a model without a key',
    args: ['run', 'goal', '--repo', repository],
    code: 6,
    says: ['ANTHROPIC_API_KEY is not set'],
  },
  {
    what: 'an unknown gate',
    args: ['run', 'goal', '--gate', 'foo=ask'],
    code: 2,
    says: ['kinds are plan, task, conflict'],
  },
  {
    what: 'an unknown command',
    args: ['aprove', 'x'],
    code: 2,
    says: ["unknown command 'aprove'", 'approve'],
  },
  { what: 'a missing argument', args: ['cancel'], code: 2, says: ["missing required argument 'swarm'"] },
  {
    what: 'no services',
    args: ['status'],
    code: 6,
    says: ['No services of Drover run', 'drover up starts them'],
  },
];

describe('what is wrong is told in three parts, before anything is started', () => {
  beforeAll(() => writeFile(join(directory, 'no-command.yml'), 'goal: x\ntasks: [{ id: a, title: A }]\n'));

  test.each(cases)('$what', async ({ args, code, says }) => {
    const ended = await runCli(here, ...args);
    expect(ended.code).toBe(code);
    expect(ended.stdout).toBe('');
    expect(ended.stderr).toMatch(/^error: [\s\S]+\nwhy: {3}[\s\S]+\ndo: {4}.+\n$/);
    for (const text of says) expect(ended.stderr.replace(/\n {7}/g, '\n')).toMatch(text);
    expect(ended.stderr).not.toContain('\u001b');
  });

  test('as JSON it is the same, with the exit code and each problem by itself', async () => {
    const ended = await runCli(
      here,
      'run',
      '--plan',
      'none.yml',
      '--repo',
      repository,
      '--base',
      'no',
      '--json',
    );
    expect(ended.stdout).toBe('');
    expect(JSON.parse(ended.stderr)).toEqual({
      error: expect.objectContaining({
        type: 'invalidInput',
        exitCode: 2,
        problems: [
          expect.objectContaining({ source: 'command line', severity: 'error' }),
          expect.objectContaining({ source: 'none.yml', severity: 'error' }),
        ],
      }),
    });
  });

  test('nothing was made', async () => {
    await expect(access(join(directory, 'home'))).rejects.toThrow('ENOENT');
  });
});

describe('help', () => {
  test.each(['', 'run', 'plan', 'status', 'logs', 'decide', 'cleanup', 'up'])(
    'drover %s --help has a description and examples',
    async (name) => {
      const ended = await runCli(here, ...(name === '' ? [] : [name]), '--help');
      expect(ended.code).toBe(0);
      expect(ended.stdout).toContain('Usage: drover');
      expect(ended.stdout).toContain(name === '' ? 'Exit codes:' : 'Examples:');
    },
  );
});
