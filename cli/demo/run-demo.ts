/**
 * `drover demo`: a real swarm on a small repository made for it. With a key the real model plans and codes; without
 * one a local server gives scripted answers to the same requests, and everything else is the same.
 */
import { startSwarm } from '../../api/start-swarm.ts';
import { readIfThere } from '../../store/files.ts';
import { print, printJsonLine, styleOf, type Cli, type CommonOptions } from '../cli.ts';
import { EXIT_INTERRUPTED } from '../exit-codes.ts';
import { followSwarm } from '../follow/watch.ts';
import { plain } from '../output/plain-text.ts';
import { withClient } from '../reach.ts';
import { prepareRun } from '../run/prepare.ts';
import { startServices, webUi } from '../services.ts';
import { DEMO_GOAL } from './goal.ts';
import { makeDemoRepository } from './repository.ts';
import { shortReport } from './short-report.ts';

/** Sent to the scripted server, which does not look at it. */
const SCRIPTED_KEY = 'scripted-no-model';

const REAL_NOTICE = [
  'ANTHROPIC_API_KEY is set: the real model plans and codes, and your account pays for it.',
  'What happens depends on its answers.',
];
const SCRIPTED_NOTICE = [
  'ANTHROPIC_API_KEY is not set: the answers are scripted. No model is called, and nothing is paid.',
  'All else is real: the planner, agents with their tools, git, tests, merges and repairs. The costs shown are what',
  'so many tokens would cost. Keep this terminal open: the scripted answers come from it.',
];
const LEFT_NOTICE = [
  'The scripted answers ended with this command; the agents wait for them, for ten minutes at most.',
  'drover demo brings them back; drover cancel ends the swarm.',
];

export const runDemo = async (cli: Cli, options: CommonOptions): Promise<void> => {
  if ((cli.env['ANTHROPIC_API_KEY'] ?? '') !== '') {
    say(cli, REAL_NOTICE);
    return await demonstrate(cli, options);
  }
  say(cli, SCRIPTED_NOTICE);
  // The mock server is a large package that nothing else needs.
  const { startScriptedModel } = await import('./scripted-model.ts');
  const model = await startScriptedModel();
  const env = { ...cli.env, ANTHROPIC_API_KEY: SCRIPTED_KEY, ANTHROPIC_BASE_URL: model.url };
  const scripted: Cli = { ...cli, env };
  try {
    await demonstrate(scripted, options);
  } finally {
    cli.exitCode = scripted.exitCode;
    await model.close();
  }
  if (scripted.exitCode === EXIT_INTERRUPTED) say(cli, LEFT_NOTICE);
};

/** Words about the demo, apart from its answer. */
const say = (cli: Cli, lines: readonly string[]): void => {
  const style = styleOf(cli, cli.stderr);
  cli.stderr.write(`${lines.map((line) => style.yellow(line)).join('\n')}\n\n`);
};

const demonstrate = async (cli: Cli, options: CommonOptions): Promise<void> => {
  const json = options.json === true;
  const repository = await makeDemoRepository(cli.home, cli.env);
  const prepared = await prepareRun(cli, DEMO_GOAL, { repo: repository, yes: true });
  const services = await startServices(cli);
  await withClient(cli, async (client) => {
    const swarm = await startSwarm(client, prepared.start);
    const url = webUi(services, swarm.id);
    if (json) printJsonLine(cli, { swarmId: swarm.id, repository, webUi: url });
    else
      print(cli, [
        '',
        `repository  ${repository}`,
        `swarm       ${swarm.id}`,
        ...(url === undefined ? [] : [`web ui      ${url}`]),
        '',
      ]);
    cli.exitCode = await followSwarm(cli, swarm, client, { json });
    const report = await readIfThere(swarm.directory.reportMarkdown);
    if (report === undefined) return;
    const path = swarm.directory.reportMarkdown;
    const { result } = await swarm.state();
    if (json) printJsonLine(cli, { report: path, branch: result?.branch, commit: result?.commit });
    else {
      const branch = result?.branch;
      print(cli, [
        '',
        plain(shortReport(report)).trimEnd(),
        '',
        ...whereItIs(cli, { path, repository, branch, url }),
      ]);
    }
  });
};

const whereItIs = (
  cli: Cli,
  places: {
    readonly path: string;
    readonly repository: string;
    readonly branch: string | undefined;
    readonly url: string | undefined;
  },
): readonly string[] => {
  const { bold, dim } = styleOf(cli);
  const { path, repository, branch, url } = places;
  return [
    bold('Where it is'),
    `  report   ${path}`,
    ...(branch === undefined ? [] : [`  branch   ${branch} in ${repository}`]),
    ...(url === undefined ? [] : [`  web ui   ${url}`]),
    ...(branch === undefined ? [] : [`  history  git -C ${repository} log --graph --oneline ${branch}`]),
    '',
    dim('The services go on; drover down ends them.'),
  ];
};
