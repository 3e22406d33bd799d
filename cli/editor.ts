/** Lets a person edit a text in the editor of their choice. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DroverFailure } from '../domain/failures.ts';
import type { Cli } from './cli.ts';

export interface EditedText {
  readonly text: string;
  /** Where it lies until `discard` is called: what a person wrote is not thrown away because it has a mistake. */
  readonly path: string;
  discard(): Promise<void>;
}

const open = (cli: Cli, editor: string, path: string): Promise<number | null> =>
  new Promise((resolve, reject) => {
    // The person's own setting, which may have arguments such as `code --wait`; the path stays an argument.
    const child = spawn('sh', ['-c', `${editor} "$1"`, 'sh', path], {
      stdio: 'inherit',
      env: cli.env,
      cwd: cli.cwd,
    });
    child.once('error', reject);
    child.once('exit', resolve);
  });

/** @param name of the file, whose ending tells the editor what it is */
export const edit = async (cli: Cli, name: string, text: string): Promise<EditedText> => {
  const editor =
    [cli.env['VISUAL'], cli.env['EDITOR']].find((one) => one !== undefined && one !== '') ?? 'vi';
  const directory = await mkdtemp(join(tmpdir(), 'drover-edit-'));
  const path = join(directory, name);
  const discard = (): Promise<void> => rm(directory, { recursive: true, force: true });
  await writeFile(path, text, { mode: 0o600 });
  const code = await open(cli, editor, path);
  if (code !== 0) {
    await discard();
    throw new DroverFailure('invalidInput', `The editor (${editor}) ended with ${code ?? 'a signal'}`, {
      hint: 'nothing was changed; set EDITOR to another one, or use --yaml and --replace',
    });
  }
  return { text: await readFile(path, 'utf8'), path, discard };
};
