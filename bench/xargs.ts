/**
 * The plainest way to run many agents: `xargs -P` over a script that makes a git worktree and runs the command in
 * it. No record, no retry, no merge; what Drover adds is measured against this.
 */
import { spawn } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { timed } from './figure.ts';

/** Gets a number and the command. Tried until it works: `git worktree add` trips over others that run at the same time. */
const SCRIPT = `tree="$TREES/task-\${1%% *}"
until git -C "$REPOSITORY" worktree add -q --force --detach "$tree" main 2>/dev/null; do rm -rf "$tree"; done
cd "$tree" && eval "\${1#* }"`;

const xargs = (
  environment: Record<string, string>,
  commands: readonly string[],
  parallel: number,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(
      'xargs',
      ['-d', '\\n', '-P', String(parallel), '-I{}', 'sh', '-c', SCRIPT, 'sh', '{}'],
      {
        env: { ...process.env, ...environment },
        stdio: ['pipe', 'ignore', 'inherit'],
      },
    );
    child.stdin.end(commands.map((command, index) => `${index} ${command}\n`).join(''));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`xargs ended with ${code}`))));
  });

/** @returns milliseconds for the shell commands, of one line each, `parallel` at once */
export const xargsRun = async (options: {
  readonly repository: string;
  readonly scratch: string;
  readonly commands: readonly string[];
  readonly parallel: number;
}): Promise<number> => {
  const trees = join(options.scratch, 'xargs');
  await mkdir(trees, { recursive: true });
  const environment = { REPOSITORY: options.repository, TREES: trees };
  const { ms } = await timed(() => xargs(environment, options.commands, options.parallel));
  await rm(trees, { recursive: true });
  return ms;
};
