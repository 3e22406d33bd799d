// C8: k8s/deploy.sh on a real API server, without the images that the overlay wants: what it makes of secrets, how it
// says that a deployment does not come up, and that it takes everything away again.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from '@jest/globals';
import { kubectl, removeNamespace } from '../support/kubernetes.ts';

const NAMESPACE = `drover-test-${randomBytes(3).toString('hex')}`;
const SCRIPT = fileURLToPath(new URL('../../k8s/deploy.sh', import.meta.url));
/** All that a shell or YAML could take for its own. */
const KEY = `it's "a key": $(id) \\ {#1} é`;

afterAll(() => removeNamespace(NAMESPACE));

interface Ended {
  readonly code?: number;
  readonly stderr: string;
}

const deploy = async (given: Record<string, string>, ...args: readonly string[]): Promise<Ended> => {
  const { ANTHROPIC_API_KEY: _, GITHUB_TOKEN: __, ...own } = process.env;
  const env = { ...own, DROVER_NAMESPACE: NAMESPACE, DROVER_TIMEOUT: '1s', ...given };
  return promisify(execFile)(SCRIPT, [...args], { env, maxBuffer: 16_000_000 }).catch(
    (error: unknown) => error as Ended,
  );
};

const secret = async (): Promise<Record<string, string>> => {
  const { data } = JSON.parse(await kubectl('-n', NAMESPACE, 'get', 'secret', 'drover', '-o', 'json')) as {
    data: Record<string, string>;
  };
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, Buffer.from(value, 'base64').toString()]),
  );
};

test('a deployment that does not come up is a failure that names what is missing; keys arrive as they are; nothing is left after --delete', async () => {
  const first = await deploy({ ANTHROPIC_API_KEY: KEY }, '--no-build');
  expect(first.code).toBe(1);
  expect(first.stderr).toMatch(/not ready after 1s:.*deployment\.apps\/drover-api/);
  const made = await secret();
  expect(made).toMatchObject({ 'anthropic-api-key': KEY, 'github-token': '' });
  expect(made['api-token']).toMatch(/^[0-9a-f]{48}$/);
  expect(made['database-url']).toContain(`:${made['postgres-password']}@`);

  // A second time: what is given anew changes, and nothing else.
  expect((await deploy({ GITHUB_TOKEN: `${KEY}2` }, '--no-build')).code).toBe(1);
  expect(await secret()).toEqual({ ...made, 'github-token': `${KEY}2` });

  expect((await deploy({}, '--delete', '--yes')).code).toBeUndefined();
  await expect(kubectl('get', 'namespace', NAMESPACE)).rejects.toThrow(/not found/);
});
