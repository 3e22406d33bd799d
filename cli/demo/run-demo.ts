/**
 * `drover demo`: a real swarm on a small repository made for it. With a key the real model plans and codes; without
 * one a local server gives scripted answers to the same requests, and everything else is the same.
 */
import { startSwarm } from '../../api/start-swarm.ts';
import { readIfThere } from '../../store/files.ts';
import { print, styleOf, type Cli } from '../cli.ts';
import { followSwarm } from '../follow/watch.ts';
import { plain } from '../output/plain-text.ts';
import { withClient } from '../reach.ts';
import { prepareRun } from '../run/prepare.ts';
import { startServices, webUi } from '../services.ts';
import { DEMO_GOAL } from './goal.ts';
import { makeDemoRepository } from './repository.ts';

/** Sent to the scripted server, which does not look at it. */
const SCRIPTED_KEY = 'scripted-no-model';

export const runDemo = async (cli: Cli): Promise<void> => {
  if ((cli.env['ANTHROPIC_API_KEY'] ?? '') !== '') return await demonstrate(cli, REAL_NOTICE);
  const { startScriptedModel } = await import('./scripted-model.ts');
  const model = await startScriptedModel();
  try {
    const env = { ...cli.env, ANTHROPIC_API_KEY: SCRIPTED_KEY, ANTHROPIC_BASE_URL: model.url };
    const scripted: Cli = { ...cli, env };
    await demonstrate(scripted, SCRIPTED_NOTICE);
    cli.exitCode = scripted.exitCode;
  } finally {
    await model.close();
  }
};

const REAL_NOTICE = [
  'ANTHROPIC_API_KEY is set: the real model plans and codes, and your account pays for it.',
  'What happens depends on its answers.',
];

const SCRIPTED_NOTICE = [
  'ANTHROPIC_API_KEY is not set: the answers are scripted. No model is called, and nothing is paid.',
  'All else is real: planner, agents with their tools, git, tests, merges, repairs. Costs are those that so many',
  'tokens would have. Keep this terminal open: the scripted answers come from it.',
];

const demonstrate = async (cli: Cli, notice: readonly string[]): Promise<void> => {
  const style = styleOf(cli);
  print(cli, [...notice.map((line) => style.yellow(line)), '']);
  const repository = await makeDemoRepository(cli.home, cli.env);
  const prepared = await prepareRun(cli, DEMO_GOAL, { repo: repository, yes: true });
  const services = await startServices(cli);
  await withClient(cli, async (client) => {
    const swarm = await startSwarm(client, prepared.start);
    const url = webUi(services, swarm.id);
    print(cli, [
      '',
      `repository  ${repository}`,
      `swarm       ${swarm.id}`,
      ...(url === undefined ? [] : [`web ui      ${url}`]),
      '',
    ]);
    cli.exitCode = await followSwarm(cli, swarm, client, { json: false });
    const report = await readIfThere(swarm.directory.reportMarkdown);
    if (report === undefined) return;
    const { result } = await swarm.state();
    print(cli, [
      '',
      plain(report).trimEnd(),
      '',
      style.bold('Where it all is'),
      `  report      ${swarm.directory.reportMarkdown}`,
      ...(result === undefined ? [] : [`  branch      ${result.branch} in ${repository}`]),
      ...(url === undefined ? [] : [`  web ui      ${url}`]),
      ...(result === undefined
        ? []
        : ['', style.bold('Look at it'), `  git -C ${repository} log --graph --oneline ${result.branch}`]),
      '',
      style.dim('The services go on; drover down ends them.'),
    ]);
  });
};
