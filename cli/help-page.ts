/** The page of all commands for the documentation, from the help that each of them gives. */
import type { Command } from 'commander';
import { EXIT_CODES } from './program.ts';

const WIDTH = 110;

const fenced = (text: string): string => `\`\`\`text\n${text.trim()}\n\`\`\``;

const helpOf = (command: Command): string => {
  let text = '';
  command
    .configureHelp({ helpWidth: WIDTH })
    .configureOutput({ writeOut: (part) => (text += part), getOutHasColors: () => false });
  command.outputHelp();
  // The summary stands above it already.
  return text.replace(`${command.description()}\n\n`, '');
};

/** A command, or those of a group. */
const leaves = (command: Command, name: string): readonly (readonly [string, Command])[] =>
  command.commands.length === 0
    ? [[name, command]]
    : command.commands.flatMap((child) => leaves(child, `${name} ${child.name()}`));

const isShown = (root: Command, command: Command): boolean =>
  root.createHelp().visibleCommands(root).includes(command) && command.name() !== 'help';

/** @param root `drover` itself */
export const helpPage = (root: Command): string => {
  const shown = root.commands.filter((command) => isShown(root, command));
  const headings = [...new Set(shown.map((command) => command.helpGroup() ?? ''))];
  const inGroup = (heading: string): readonly (readonly [string, Command])[] =>
    shown
      .filter((command) => command.helpGroup() === heading)
      .flatMap((command) => leaves(command, `drover ${command.name()}`));
  const parts = [
    '# Commands',
    'Made by `node scripts/cli-docs.js` from what `--help` says. Each command takes `--json`; errors are then JSON on stderr.',
    fenced(EXIT_CODES),
    ...headings.flatMap((heading) => [
      `## ${heading.replace(/:$/, '')}`,
      ...inGroup(heading).flatMap(([name, command]) => [
        `### ${name}`,
        `${command.description()}.`,
        fenced(helpOf(command)),
      ]),
    ]),
  ];
  return `${parts.join('\n\n')}\n`;
};
