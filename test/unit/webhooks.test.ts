/** Webhooks without a network: which addresses they may reach, how they are configured, what they say. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { allowedAddresses, checkLiteral } from '../../api/webhooks/addresses.ts';
import { sendWebhook } from '../../api/webhooks/send.ts';
import { loadEnvironment } from '../../config/environment.ts';
import { resolveSettings } from '../../config/settings.ts';
import { testNotice, webhookBody } from '../../domain/delivery/notices.ts';
import type { Webhook } from '../../domain/delivery/webhooks.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

const isRefused = (host: string, secure = true, allow: readonly string[] = []): boolean => {
  try {
    checkLiteral(allowedAddresses(allow), {
      host: new URL(`https://${host.includes(':') ? `[${host}]` : host}`).hostname.replace(/^\[|\]$/g, ''),
      secure,
    });
    return false;
  } catch {
    return true;
  }
};

describe('addresses', () => {
  test.each([
    '127.0.0.1',
    '0x7f000001',
    '2130706433',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001:db8::1',
  ])('%s is no address of the public internet', (host) => expect(isRefused(host)).toBe(true));

  test.each(['8.8.8.8', '1.1.1.1', '2606:4700::1111'])('%s is one', (host) => {
    expect(isRefused(host)).toBe(false);
    expect(isRefused(host, false)).toBe(true);
  });

  test('networks and addresses that are allowed are reached, their neighbours are not', () => {
    expect(isRefused('10.1.2.3', false, ['10.1.0.0/16'])).toBe(false);
    expect(isRefused('10.2.2.3', true, ['10.1.0.0/16'])).toBe(true);
    expect(isRefused('fd00::5', true, ['fd00::/64'])).toBe(false);
    expect(isRefused('127.0.0.2', true, ['127.0.0.1'])).toBe(true);
  });

  const listening = async (use: (port: number, seen: string[]) => Promise<void>): Promise<void> => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(request.url ?? '');
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      await use((server.address() as AddressInfo).port, seen);
    } finally {
      server.close();
    }
  };
  const hook = (url: string): Webhook => ({ name: 'x', url, events: ['ended'], format: 'slack' });
  const to = (url: string, allow: readonly string[]) =>
    sendWebhook(
      hook(url),
      { id: 'msg_1', body: '{}' },
      { variables: {}, allowed: allowedAddresses(allow), proxies: {}, version: '1' },
    );

  test('a name that leads into the own network is not connected to; one that is allowed is, without redirects', () =>
    listening(async (port, seen) => {
      const refused = await to(`http://localhost:${port}/`, []);
      expect(refused).toMatchObject({
        delivered: false,
        said: expect.stringContaining('DROVER_WEBHOOKS_ALLOW'),
      });
      expect(seen).toEqual([]);
      const redirected = await to(`http://localhost:${port}/here`, ['localhost']);
      expect(redirected).toMatchObject({ delivered: false, said: '302: redirects are not followed' });
      expect(seen).toEqual(['/here']);
    }));
});

describe('configuration', () => {
  const read = (text: string) => resolveSettings({ file: { text, path: 'drover.yml' } });
  const problem = (text: string): string =>
    read(text)
      .problems.map(({ message }) => message)
      .join('\n');

  test('what is left out has its default', () => {
    const { settings } = read(
      'webhooks: [{name: ops, url: "https://example.com/x", secretEnv: DROVER_WEBHOOK_OPS}, {name: chat, urlEnv: DROVER_WEBHOOK_CHAT, format: slack, events: [decision]}]',
    );
    expect(settings?.webhooks).toEqual([
      {
        name: 'ops',
        url: 'https://example.com/x',
        secretEnv: 'DROVER_WEBHOOK_OPS',
        events: ['decision', 'ended', 'budget'],
        format: 'standard',
      },
      { name: 'chat', urlEnv: 'DROVER_WEBHOOK_CHAT', events: ['decision'], format: 'slack' },
    ]);
  });

  test('a repository cannot have other variables read, sends nothing unsigned, and needs one address', () => {
    expect(problem('webhooks: [{name: a, urlEnv: ANTHROPIC_API_KEY, format: slack}]')).toContain(
      'begins with DROVER_WEBHOOK_',
    );
    expect(problem('webhooks: [{name: a, url: "https://x.org"}]')).toContain('secretEnv');
    expect(problem('webhooks: [{name: a, format: slack}]')).toContain('`url` or `urlEnv`');
    expect(problem('webhooks: [{name: a, url: "ftp://x.org", format: slack}]')).toContain('https');
    const twice = '{name: a, url: "https://x.org", format: slack}';
    expect(problem(`webhooks: [${twice}, ${twice}]`)).toContain('names that differ');
  });

  test('variables of webhooks are known, and what may be reached is checked', () => {
    const load = (env: Record<string, string>) => loadEnvironment(env);
    expect(load({ DROVER_WEBHOOK_OPS: SECRET })).toMatchObject({
      problems: [],
      config: { webhookVariables: { DROVER_WEBHOOK_OPS: SECRET } },
    });
    expect(
      load({ DROVER_WEBHOOKS_ALLOW: '10.0.0.0/8, hooks.internal fd00::/8' }).config.webhooksAllow,
    ).toEqual(['10.0.0.0/8', 'hooks.internal', 'fd00::/8']);
    expect(load({ DROVER_WEBHOOKS_ALLOW: 'http://x' }).problems).toHaveLength(1);
  });
});

test('text for Slack holds no links or mentions that somebody else wrote', () => {
  const notice = { ...testNotice('2026-01-01T00:00:00.000Z'), text: 'a <!channel> & <http://x|y>' };
  expect(JSON.parse(webhookBody({ format: 'slack' }, notice))).toEqual({
    text: 'a &lt;!channel&gt; &amp; &lt;http://x|y&gt;',
  });
});
