/** `drover up`: starts the services of this DROVER_HOME, or says that they run. */
import type { Command } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import { apiToken, loginCode } from '../../api/token.ts';
import { NODE_SERVICE_NAMES } from '../../workers/supervisor/service-table.ts';
import { readServices, type Services } from '../../workers/supervisor/services.ts';
import { down } from '../../workers/supervisor/up.ts';
import { answer, command, print, styleOf, type Cli, type CommonOptions } from '../cli.ts';
import { EXIT_INTERRUPTED } from '../exit-codes.ts';
import { progress, startServices } from '../services.ts';

interface Options extends CommonOptions {
  readonly foreground?: boolean;
}

const POLL_MS = 500;

/** Signs the browser in; good for some minutes. */
const loginLink = async ({ api }: Services, cli: Cli): Promise<string> =>
  `${api.url}/login?code=${loginCode(await apiToken(cli.home), Date.now())}`;

const serviceLines = (
  { temporal, worker, api, gateway }: Services,
  link: string,
  cli: Cli,
): readonly string[] => {
  const { dim } = styleOf(cli);
  return [
    `temporal  ${temporal.address}  ${dim(temporal.kind === 'embedded' ? temporal.state : 'of the environment')}`,
    ...(temporal.uiUrl === undefined ? [] : [`web ui    ${temporal.uiUrl}`]),
    `worker    ${worker.state}`,
    `gateway   ${gateway.state}`,
    `api       ${api.url}  ${dim(api.state)}`,
    `dashboard ${link}`,
    `home      ${cli.home.root}`,
  ];
};

/** Stays until Ctrl-C, then ends the services; says when one of them changes its state. */
const stay = async (cli: Cli): Promise<void> => {
  const interrupted = cli.onInterrupt();
  let before = '';
  while (!interrupted.aborted) {
    const services = await readServices(cli.home);
    const now =
      services === undefined
        ? 'the services have ended'
        : (['temporal', ...NODE_SERVICE_NAMES] as const)
            .map((name) => `${name} ${services[name].state}`)
            .join(', ');
    if (now !== before) print(cli, [now]);
    if (services === undefined) return;
    before = now;
    await sleep(POLL_MS, undefined, { signal: interrupted }).catch(() => {});
  }
  await down({ home: cli.home, onProgress: progress(cli) });
  cli.exitCode = EXIT_INTERRUPTED;
};

export const upCommand = (cli: Cli): Command =>
  command('up', 'Start the services: Temporal, the worker and the API. They run until drover down', [
    'up',
    'up --foreground',
  ])
    .option('--foreground', 'stay, show what happens, and end the services on Ctrl-C')
    .action(async (options: Options) => {
      const services = await startServices(cli);
      const { temporal, worker, api, gateway } = services;
      const link = await loginLink(services, cli);
      answer(cli, options, {
        json: {
          home: cli.home.root,
          temporal: {
            kind: temporal.kind,
            address: temporal.address,
            namespace: temporal.namespace,
            uiUrl: temporal.uiUrl,
            state: temporal.state,
          },
          worker: { state: worker.state },
          gateway: { state: gateway.state },
          api: { state: api.state, url: api.url, loginUrl: link },
        },
        lines: serviceLines(services, link, cli),
      });
      if (options.foreground === true) await stay(cli);
    });
