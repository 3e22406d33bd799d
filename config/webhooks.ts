/** `webhooks` of `drover.yml`: who is told what, and where their addresses and secrets are. */
import { z } from 'zod';
import {
  WEBHOOK_EVENTS,
  WEBHOOK_FORMATS,
  WEBHOOK_VARIABLE,
  type Webhook,
} from '../domain/delivery/webhooks.ts';
import { settingsGroup } from './schema-issues.ts';

const variable = z
  .string()
  .regex(WEBHOOK_VARIABLE, 'must be the name of a variable that begins with DROVER_WEBHOOK_');

const address = z
  .string()
  .max(2_000)
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
    error: 'must be an https URL',
  })
  .refine((text) => !URL.canParse(text) || new URL(text).username === '', {
    error: 'must not hold a user name or password; put the whole address into a variable (`urlEnv`)',
  });

const webhook = settingsGroup({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be lower-case letters, digits and -, at most 40')
    .meta({ description: 'Shown by `drover webhooks`.' }),
  url: address.optional().meta({ description: 'Where to send it.' }),
  urlEnv: variable.optional().meta({
    description: 'Variable with the address instead, when the address is a secret, as those of Slack are.',
  }),
  secretEnv: variable.optional().meta({
    description: 'Variable with the secret of the signature; `standard` needs one.',
  }),
  events: z
    .array(z.enum(WEBHOOK_EVENTS))
    .min(1)
    .max(WEBHOOK_EVENTS.length)
    .optional()
    .meta({ description: 'What it is told of.', default: [...WEBHOOK_EVENTS] }),
  format: z.enum(WEBHOOK_FORMATS).optional().meta({
    description: '`standard` is the Standard Webhooks form, `slack` a text as Slack and Mattermost take it.',
    default: 'standard',
  }),
})
  .refine(({ url, urlEnv }) => (url === undefined) !== (urlEnv === undefined), {
    error: 'must have either `url` or `urlEnv`',
  })
  .refine(({ format, secretEnv }) => format === 'slack' || secretEnv !== undefined, {
    error: 'must have `secretEnv`, so that the receiver can tell that it comes from Drover',
  });

export const webhooks = z
  .array(webhook)
  .max(20)
  .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, {
    error: 'must have names that differ',
  });

export const webhookList = (given: z.output<typeof webhooks>): readonly Webhook[] =>
  given.map(({ name, url, urlEnv, secretEnv, events, format }) => ({
    name,
    ...(url === undefined ? {} : { url }),
    ...(urlEnv === undefined ? {} : { urlEnv }),
    ...(secretEnv === undefined ? {} : { secretEnv }),
    events: events ?? WEBHOOK_EVENTS,
    format: format ?? 'standard',
  }));
