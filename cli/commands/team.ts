/** `drover team`: a lead that only delegates, and the agents that it takes into its team. */
import { Command, Option } from 'commander';
import { startSwarm } from '../../api/start-swarm.ts';
import { asTeam } from '../../api/start-team.ts';
import { cancelSwarm } from '../../api/swarm-actions.ts';
import type { SwarmHandle } from '../../api/swarm-handle.ts';
import { messageTeam, teamOf } from '../../api/team-actions.ts';
import { TEAM_TEXT } from '../../domain/team/team.ts';
import type { TeamView } from '../../domain/team/view.ts';
import type { SwarmView } from '../../domain/swarm/swarm.ts';
import {
  answer,
  command,
  lookOf,
  print,
  printJson,
  printJsonLine,
  type Cli,
  type CommonOptions,
} from '../cli.ts';
import { followSwarm } from '../follow/watch.ts';
import { someText, wholeNumber } from '../option-values.ts';
import { columns, plural, type Cell } from '../output/format.ts';
import { oneLine } from '../output/one-line.ts';
import { SWARM_ARGUMENT, withClient, withSwarm, withSwarmOrLatest } from '../reach.ts';
import { addProjectOptions, type RunOptions } from '../run/options.ts';
import { prepareRun } from '../run/prepare.ts';
import { startServices, webUi } from '../services.ts';
import { waitingLines, type Look } from '../views/swarm-view.ts';
import { reportCommand } from './report.ts';

interface StartOptions extends Omit<RunOptions, 'template'> {
  /** Of a team, not of a project. */
  readonly template?: string;
  readonly approval?: 'lead' | 'person';
  readonly turns?: number;
  readonly minutes?: number;
  readonly members?: number;
}

const start = async (cli: Cli, goal: string, given: StartOptions): Promise<void> => {
  const { template, approval, turns, minutes, members, ...options } = given;
  const prepared = await prepareRun(cli, goal, options);
  const seconds = minutes === undefined ? undefined : minutes * 60;
  const team = asTeam(prepared.start, { template, approval, limits: { turns, seconds, members } });
  const services = await startServices(cli);
  await withClient(cli, async (client) => {
    const swarm = await startSwarm(client, team);
    const url = webUi(services, swarm.id);
    const json = options.json === true;
    const told = { teamId: swarm.id, webUi: url };
    if (options.detach === true) {
      if (json) printJson(cli, told);
      else print(cli, [swarm.id]);
      return;
    }
    if (json) printJsonLine(cli, told);
    else print(cli, [`team    ${swarm.id}`, ...(url === undefined ? [] : [`web ui  ${url}`]), '']);
    cli.exitCode = await followSwarm(cli, swarm, client, { json });
  });
};

const startCommand = (cli: Cli): Command =>
  addProjectOptions(
    command('start', 'Start a team on a goal and follow it; it goes on when this terminal is closed', [
      'team start "Add search to the shop" --template feature-dev --test "npm test"',
      'team start "Review the last release" --template code-review --budget 2',
      'team start "Move to Node 24" --approval person --detach',
    ]).argument('<goal>', 'what is to be reached'),
  )
    .option('--template <name>', 'a team of drover.yml, or feature-dev, code-review, design-review')
    .addOption(
      new Option('--approval <who>', "who approves members' plans: the lead, or you after it").choices([
        'lead',
        'person',
      ]),
    )
    .option('--turns <n>', 'answers of the lead at most', wholeNumber(1, 1_000))
    .option('--minutes <n>', 'time at most', wholeNumber(1, 525_600))
    .option('--members <n>', 'members at the same time', wholeNumber(1, 20))
    .option('--detach', 'print the id and come back at once')
    .action((goal: string, options: StartOptions) => start(cli, goal, options));

const memberCells = (member: TeamView['members'][number], { style }: Look): readonly Cell[] => [
  { text: member.name, paint: style.bold },
  { text: member.role },
  { text: member.writes ? 'writes' : 'reads' },
  { text: member.state.replaceAll('_', ' '), ...(member.state === 'gone' ? { paint: style.dim } : {}) },
  { text: member.taskId ?? '' },
  { text: member.unread === 0 ? '' : `${member.unread} unread` },
];

const statusLines = (view: SwarmView, team: TeamView, look: Look): readonly string[] => [
  `${view.swarmId}  ${view.phase.replaceAll('_', ' ')}, ${team.turns} of ${team.limits.turns} turns of the lead, ${plural(view.openDecisions, 'open decision')}`,
  oneLine(view.goal),
  '',
  ...(team.members.length === 0
    ? ['The lead has taken nobody into the team yet.']
    : columns(
        team.members.map((member) => memberCells(member, look)),
        look.width,
      )),
  ...(team.tasks.length === 0
    ? []
    : [
        '',
        ...columns(
          team.tasks.map(({ id, state, owner = '', title }) => [
            { text: id, paint: look.style.bold },
            { text: state },
            { text: owner },
            { text: oneLine(title) },
          ]),
          look.width,
        ),
      ]),
  ...(team.refused.length === 0 ? [] : ['', ...team.refused.map((text) => `refused: ${oneLine(text)}`)]),
  ...(team.end === undefined ? [] : ['', oneLine(team.end.reason)]),
];

const statusCommand = (cli: Cli): Command =>
  command('status', 'Show the members of a team, their mailboxes and the shared tasks', [
    'team status',
    'team status add-search --json',
  ])
    .argument('[team]', 'id of the team, or how it begins (default: the running one, or the newest)')
    .action((wanted: string | undefined, options: CommonOptions) =>
      withSwarmOrLatest(
        cli,
        wanted,
        async (swarm) => {
          const [view, team, decisions] = await Promise.all([
            swarm.state(),
            teamOf(swarm),
            swarm.decisions(),
          ]);
          const look = lookOf(cli);
          const waiting = waitingLines({ view, decisions }, look);
          answer(cli, options, {
            json: { swarm: view, team },
            lines: [...statusLines(view, team, look), ...(waiting.length === 0 ? [] : ['', ...waiting])],
          });
        },
        'teams',
      ),
    );

const messageCommand = (cli: Cli): Command =>
  command('message', 'A word to the lead, or into the mailbox of a member', [
    'team message add-search lead "Leave the old API alone"',
    'team message add-search architect "Mind the mobile clients"',
  ])
    .argument('<team>', SWARM_ARGUMENT)
    .argument('<to>', 'lead, or the name of a member')
    .argument('<text>', 'what to say', someText('the text', TEAM_TEXT.message))
    .action((wanted: string, to: string, text: string, options: CommonOptions) =>
      withSwarm(cli, wanted, async (swarm) => {
        await messageTeam(swarm, to, text);
        answer(cli, options, {
          json: { teamId: swarm.id, to },
          lines: [
            to === 'lead'
              ? 'The lead is told at its next turn'
              : `In the mailbox of ${to}; it reads before its next piece of work`,
          ],
        });
      }),
    );

const stop = async (cli: Cli, swarm: SwarmHandle, options: CommonOptions): Promise<void> => {
  await cancelSwarm(swarm);
  answer(cli, options, {
    json: { teamId: swarm.id, stopped: true },
    lines: [`${swarm.id} is being ended; its agents are stopped, their logs and branches stay`],
  });
};

const stopCommand = (cli: Cli): Command =>
  command('stop', 'End a team; nothing of it is merged', ['team stop add-search-k3f9'])
    .argument('<team>', SWARM_ARGUMENT)
    .action((wanted: string, options: CommonOptions) =>
      withSwarm(cli, wanted, (swarm) => stop(cli, swarm, options)),
    );

export const teamCommand = (cli: Cli): Command =>
  new Command('team')
    .description('A lead that only delegates, and the agents that it takes into its team')
    .addCommand(startCommand(cli))
    .addCommand(statusCommand(cli))
    .addCommand(messageCommand(cli))
    .addCommand(stopCommand(cli))
    .addCommand(reportCommand(cli));
