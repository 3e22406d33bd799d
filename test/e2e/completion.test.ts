/** Completion as each shell really does it, at a prompt in a pseudo-terminal: what stands there after the Tab key. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { runCli, startProgramInTerminal, withoutEscapes, type Running } from '../support/cli.ts';
import { temporaryDirectory } from '../support/repository.ts';

const shell = promisify(execFile);
const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
/** Ids are found by the folders of their swarms. */
const SWARM = 'tidy-the-parser-k3f9';

let root: string;
let env: Record<string, string>;
beforeAll(async () => {
  root = await temporaryDirectory('drover-completion');
  const bin = join(root, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'drover'), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
  await chmod(join(bin, 'drover'), 0o755);
  await mkdir(join(root, 'home', 'runs', `run-${SWARM}`), { recursive: true });
  env = { PATH: `${bin}:${process.env['PATH'] ?? ''}`, HOME: root };
});
afterAll(() => rm(root, { recursive: true, force: true }));

const terminals: Running[] = [];
afterEach(() => {
  for (const terminal of terminals.splice(0)) terminal.kill('SIGKILL');
});

const PROMPT = 'ready>';
const CLEAR_LINE = '\u0015';
const WAIT_MS = 100_000;

interface Shell {
  readonly start: readonly string[];
  /** Where its completion goes, as the first lines of the script say, and what it reads when it starts. */
  readonly script: string;
  readonly settings: string;
  readonly lines: readonly string[];
}

const SHELLS: Readonly<Record<string, Shell>> = {
  bash: {
    start: ['bash', '--noprofile', '--rcfile', '.bashrc', '-i'],
    script: '.local/share/bash-completion/completions/drover',
    settings: '.bashrc',
    lines: ['. ~/.local/share/bash-completion/completions/drover', `PS1='${PROMPT} '`],
  },
  zsh: {
    start: ['zsh', '-i'],
    script: '.zsh/completions/_drover',
    settings: '.zshrc',
    lines: [
      'fpath=(~/.zsh/completions $fpath)',
      'autoload -U compinit; compinit -u -D',
      `PROMPT='${PROMPT} '`,
    ],
  },
  fish: {
    start: ['fish', '--private'],
    script: '.config/fish/completions/drover.fish',
    settings: '.config/fish/config.fish',
    lines: [
      'set -g fish_greeting',
      'set -g fish_autosuggestion_enabled 0',
      `function fish_prompt; echo -n '${PROMPT} '; end`,
    ],
  },
};

const put = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
};

const isHere = (name: string): boolean => ['/bin', '/usr/bin'].some((place) => existsSync(join(place, name)));
/** CI has all of them. */
const shells = Object.keys(SHELLS).filter((name) => process.env['CI'] !== undefined || isHere(name));

describe.each(shells)('%s', (name) => {
  test('completes commands, options, choices and ids of swarms at its prompt', async () => {
    const { start, script, settings, lines } = SHELLS[name] as Shell;
    const here = { home: join(root, 'home'), cwd: root, env };
    await put(script, (await runCli(here, 'completion', name)).stdout);
    await put(settings, `${lines.join('\n')}\n`);
    const terminal = startProgramInTerminal(here, ...start);
    terminals.push(terminal);
    await terminal.until(PROMPT, WAIT_MS);
    /** What stands at the prompt after some words and Tab. */
    const completed = async (typed: string, expected: string): Promise<boolean> => {
      const before = withoutEscapes(terminal.output()).length;
      terminal.type(`drover ${typed}\t`);
      for (const end = Date.now() + WAIT_MS; ; await sleep(30)) {
        const shown = withoutEscapes(terminal.output()).slice(before);
        if (shown.includes(expected)) break;
        if (Date.now() > end) throw new Error(`${typed} did not become ${expected}:\n${shown}`);
      }
      terminal.type(CLEAR_LINE);
      return true;
    };
    expect(await completed('plan-con', 'plan-continue')).toBe(true);
    expect(await completed(`approve ${SWARM.slice(0, 6)}`, SWARM)).toBe(true);
    expect(await completed('merge x --ff', '--ff-only')).toBe(true);
    expect(await completed('plan-list --state exe', 'executing')).toBe(true);
    expect(await completed('pr fol', 'follow')).toBe(true);
  });
});

test('what a shell asks is answered without services, and never with a hidden command', async () => {
  const ask = async (...words: readonly string[]): Promise<readonly string[]> => {
    const { stdout } = await shell(process.execPath, [MAIN, '__complete', '--', ...words], {
      env: { ...env, DROVER_HOME: join(root, 'home') },
    });
    return stdout.split('\n').filter((line) => line !== '');
  };
  expect(await ask('pla')).toEqual(['plan', 'plan-list', 'plan-continue']);
  expect(await ask('')).not.toContain('__complete');
  expect(await ask('status', '')).toEqual([SWARM]);
  expect(await ask('store', '')).toContain('rebuild');
  expect(await ask('run', '--executor', '')).toEqual([]);
});
