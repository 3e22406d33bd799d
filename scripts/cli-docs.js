// Writes docs/cli.md from the commands. A test fails when it is out of date.
import { writeFile } from 'node:fs/promises';
import { helpPage } from '../cli/help-page.ts';
import { program } from '../cli/program.ts';
import { homeAt } from '../store/home.ts';

const { stdin, stdout, stderr } = process;
const cli = {
  env: {},
  cwd: '/',
  home: homeAt('/nonexistent'),
  stdin,
  stdout,
  stderr,
  onInterrupt: () => new AbortController().signal,
  exitCode: 0,
};
await writeFile(new URL('../docs/cli.md', import.meta.url), helpPage(await program(cli)));
