/** `drover webhooks`: what they were told, and a test message to see whether they work. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { allowedAddresses } from '../../api/webhooks/addresses.ts';
import { sendWebhook } from '../../api/webhooks/send.ts';
import { loadEnvironment } from '../../config/environment.ts';
import { configError, isError } from '../../config/problem.ts';
import { resolveSettings } from '../../config/settings.ts';
import { DroverFailure, FAILURE_TYPES } from '../../domain/failures.ts';
import { testNotice, webhookBody } from '../../domain/delivery/notices.ts';
import { didYouMean } from '../../domain/text.ts';
import type { Webhook } from '../../domain/delivery/webhooks.ts';
import { listMessages } from '../../store/webhook-outbox.ts';
import { answer, command, lookOf, styleOf, type Cli, type CommonOptions } from '../cli.ts';
import { columns, type Cell } from '../output/format.ts';
import { plain } from '../output/plain-text.ts';
import { storeOf } from '../reach.ts';
import { Problems } from '../run/problems.ts';
import { packageVersion } from '../version.ts';

const LISTED = 100;
const CONFIG_FILE = 'drover.yml';

const configured = async (cli: Cli, given: string | undefined): Promise<readonly Webhook[]> => {
  const path = resolve(cli.cwd, given ?? CONFIG_FILE);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  const hint = 'nothing was sent; docs/operations.md shows how webhooks are configured';
  if (text === undefined)
    throw new Problems(
      'invalidInput',
      [
        configError(
          given ?? CONFIG_FILE,
          'The file cannot be read; run this in your repository, or give --config',
        ),
      ],
      hint,
    );
  const { settings, problems } = resolveSettings({ file: { text, path: given ?? CONFIG_FILE } });
  if (settings === undefined) throw new Problems('invalidInput', problems.filter(isError), hint);
  const { webhooks = [] } = settings;
  if (webhooks.length === 0)
    throw new DroverFailure('invalidInput', `${given ?? CONFIG_FILE} has no webhooks`, { hint });
  return webhooks;
};

const testCommand = (cli: Cli): Command =>
  command('test', 'Send a test message with the address and secret that are set here', [
    'webhooks test',
    'webhooks test chat',
  ])
    .argument('[name]', 'one of the webhooks in drover.yml (default: all)')
    .option('--config <file>', 'instead of drover.yml of this directory')
    .action(async (name: string | undefined, options: CommonOptions & { readonly config?: string }) => {
      const all = await configured(cli, options.config);
      const chosen = name === undefined ? all : all.filter((webhook) => webhook.name === name);
      if (chosen.length === 0)
        throw new DroverFailure('notFound', `No webhook is called ${name ?? ''}`, {
          hint: `they are ${all.map((webhook) => webhook.name).join(', ')}${didYouMean(
            name ?? '',
            all.map((webhook) => webhook.name),
          )}`,
        });
      const { config } = loadEnvironment(cli.env);
      const deps = {
        variables: config.webhookVariables ?? {},
        allowed: allowedAddresses(config.webhooksAllow ?? []),
        proxies: cli.env,
        version: await packageVersion(),
      };
      const results = await Promise.all(
        chosen.map(async (webhook) => {
          const body = webhookBody(webhook, testNotice(new Date().toISOString()));
          const sent = await sendWebhook(webhook, { id: `msg_test_${randomUUID()}`, body }, deps);
          return { webhook: webhook.name, delivered: sent.delivered, said: sent.said };
        }),
      );
      const { green, red } = styleOf(cli);
      answer(cli, options, {
        json: { results },
        lines: results.map(
          ({ webhook, delivered, said }) =>
            `${delivered ? green('ok  ') : red('fail')} ${webhook}  ${plain(said)}`,
        ),
        exitCode: results.every(({ delivered }) => delivered) ? 0 : FAILURE_TYPES.unavailable.exitCode,
      });
    });

const listCommand = (cli: Cli): Command =>
  command('list', 'What webhooks were told, the newest first', [
    'webhooks list',
    'webhooks list --swarm add-search-k3f9',
  ])
    .option('--swarm <id>', 'of this swarm only')
    .action(async (options: CommonOptions & { readonly swarm?: string }) => {
      const store = await storeOf(cli);
      try {
        const messages = await listMessages(store, LISTED, options.swarm);
        const { green, red, yellow } = styleOf(cli);
        const paint = { delivered: green, failed: red, waiting: yellow };
        answer(cli, options, {
          json: {
            messages: messages.map(({ id, swarmId, webhook, type, at, state, tries, said }) => ({
              id,
              swarmId,
              webhook: webhook.name,
              type,
              at,
              state,
              tries,
              said,
            })),
          },
          lines:
            messages.length === 0
              ? ['No webhook was told anything yet.']
              : columns(
                  messages.map(({ at, state, webhook, type, swarmId, tries, said }): readonly Cell[] => [
                    { text: at },
                    { text: state, paint: paint[state] },
                    { text: webhook.name },
                    { text: type },
                    { text: swarmId },
                    { text: `${tries} tries: ${plain(said)}` },
                  ]),
                  lookOf(cli).width,
                ),
        });
      } finally {
        await store.close();
      }
    });

export const webhooksCommand = (cli: Cli): Command =>
  new Command('webhooks')
    .description('Who is told of decisions, ends and budgets, and whether that works')
    .addCommand(testCommand(cli))
    .addCommand(listCommand(cli));
