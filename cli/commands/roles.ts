/** `drover roles`: the roles that tasks and teammates may have in this repository. */
import { Command } from 'commander';
import { isError, problemLine } from '../../config/problem.ts';
import { resolveSettings } from '../../config/settings.ts';
import { DroverFailure } from '../../domain/failures.ts';
import type { Role, RoleTable } from '../../domain/agents/roles.ts';
import { didYouMean } from '../../domain/text.ts';
import { answer, command, lookOf, type Cli, type CommonOptions } from '../cli.ts';
import { columns } from '../output/format.ts';
import { oneLine } from '../output/one-line.ts';
import { plain } from '../output/plain-text.ts';
import { CONFIG_FILE, settingsIn } from '../settings-here.ts';

const rolesHere = async (cli: Cli): Promise<RoleTable> => {
  const { settings, problems } = (await settingsIn(cli.cwd)) ?? resolveSettings({});
  if (settings === undefined)
    throw new DroverFailure('invalidInput', problems.filter(isError).map(problemLine).join('\n'), {
      hint: `correct ${CONFIG_FILE}`,
    });
  return settings.roles ?? {};
};

const accessOf = ({ writes }: Role): string => (writes ? 'writes' : 'reads');

const listCommand = (cli: Cli): Command =>
  command('list', 'List the roles that tasks and teammates may have', ['roles list']).action(
    async (options: CommonOptions) => {
      const roles = Object.values(await rolesHere(cli));
      const look = lookOf(cli);
      answer(cli, options, {
        json: { roles },
        lines: columns(
          roles.map((role) => [
            { text: role.name, paint: look.style.bold },
            { text: accessOf(role) },
            { text: oneLine(role.description) },
            { text: oneLine(role.keywords.join(', ')), paint: look.style.dim },
          ]),
          look.width,
        ),
      });
    },
  );

/** What of a role is not the default. */
const particulars = (role: Role): readonly string[] => [
  `${role.title} (${role.name}, version ${role.version}, ${accessOf(role)})`,
  role.description,
  ...(role.keywords.length === 0 ? [] : [`keywords: ${role.keywords.join(', ')}`]),
  ...(role.executor === undefined ? [] : [`executor: ${role.executor}`]),
  ...(role.model === undefined ? [] : [`model: ${role.model}`]),
  ...(role.tools === undefined ? [] : [`tools: ${role.tools.join(', ')}`]),
  ...Object.entries(role.limits ?? {}).map(([name, value]) => `limit of ${name}: ${value}`),
];

const showCommand = (cli: Cli): Command =>
  command('show', 'Show a role with its prompt', ['roles show architect'])
    .argument('<role>', 'name of the role')
    .action(async (name: string, options: CommonOptions) => {
      const roles = await rolesHere(cli);
      const role = Object.hasOwn(roles, name) ? roles[name] : undefined;
      if (role === undefined)
        throw new DroverFailure(
          'notFound',
          `There is no role "${name}"${didYouMean(name, Object.keys(roles))}`,
          {
            hint: 'drover roles list shows them',
          },
        );
      answer(cli, options, {
        json: { role },
        lines: [...particulars(role).map(oneLine), '', ...plain(role.prompt).split('\n')],
      });
    });

export const rolesCommand = (cli: Cli): Command =>
  new Command('roles')
    .description('The parts that agents can have: prompt, executor, model, tools, limits')
    .addCommand(listCommand(cli))
    .addCommand(showCommand(cli));
