/** What `docker-compose.yml` promises, without Docker's engine: the file is read, by Docker Compose too. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { composeProgram } from '../support/compose-program.ts';
import { SEARCH_ATTRIBUTE_TYPES } from '../../workers/temporal/namespace.ts';

interface Service {
  readonly image: string;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly healthcheck?: object;
  readonly secrets?: readonly string[];
}

let services: Readonly<Record<string, Service>>;
let volumes: Readonly<Record<string, unknown>>;
let secrets: Readonly<Record<string, unknown>>;
let text: string;
beforeAll(async () => {
  text = await readFile(new URL('../../docker-compose.yml', import.meta.url), 'utf8');
  ({ services, volumes, secrets } = parse(text, { merge: true }) as {
    services: typeof services;
    volumes: typeof volumes;
    secrets: typeof secrets;
  });
});

test('every image has a version', () => {
  for (const { image } of Object.values(services)) expect(image).toMatch(/^[a-z/-]+:\d+(\.\d+)*$/);
});

test('nothing is reachable from other machines', () => {
  const ports = Object.values(services).flatMap((service) => service.ports ?? []);
  expect(ports).toHaveLength(4);
  for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
});

test('there is no built-in password: a missing one stops docker compose', () => {
  const variables = Object.values(services).flatMap((service) =>
    Object.entries(service.environment ?? {}).filter(([name]) => /PASSWORD|PWD/.test(name)),
  );
  expect(variables).toHaveLength(3);
  for (const [, value] of variables) expect(value).toMatch(/^\$\{TEMPORAL_POSTGRES_PASSWORD:\?.+\}$/);
});

test('a service waits for one that is there and can say that it is ready', () => {
  for (const { depends_on = {} } of Object.values(services))
    for (const [name, { condition }] of Object.entries(depends_on)) {
      expect(Object.keys(services)).toContain(name);
      if (condition === 'service_healthy') expect(services[name]?.healthcheck).toBeDefined();
      else expect(condition).toBe('service_completed_successfully');
    }
});

test('data survives in volumes that are declared; a worker and its API see the same disk', () => {
  const named = (service: string): readonly string[] =>
    (services[service]?.volumes ?? [])
      .map((mount) => mount.split(':')[0] ?? '')
      .filter((name) => !/[$./]/.test(name));
  expect([...new Set(Object.keys(services).flatMap(named))].sort()).toEqual(Object.keys(volumes).sort());
  for (const host of [1, 2]) expect(named(`worker-${host}`)).toEqual(named(`api-${host}`));
  expect(named('worker-1')).not.toEqual(named('worker-2'));
});

test('secrets of Drover come from files, and keys of models reach the gateway alone', () => {
  const users = (secret: string): readonly string[] =>
    Object.keys(services).filter((name) => services[name]?.secrets?.includes(secret));
  expect(users('anthropic-api-key')).toEqual(['gateway']);
  expect(users('api-token')).toEqual(['api-1', 'api-2']);
  for (const { secrets: used = [], environment = {} } of Object.values(services)) {
    for (const secret of used) expect(Object.keys(secrets)).toContain(secret);
    for (const name of ['DROVER_DATABASE_URL', 'DROVER_API_TOKEN', 'ANTHROPIC_API_KEY'])
      expect(Object.keys(environment)).not.toContain(name);
  }
});

test('the namespace gets every search attribute of Drover, with its type', () => {
  const script = services['temporal-namespace']?.command?.join('\n') ?? '';
  const registered = [...script.matchAll(/--name (\w+) --type (\w+)/g)].map(([, name, type]) => [name, type]);
  expect(Object.fromEntries(registered)).toEqual(SEARCH_ATTRIBUTE_TYPES);
});

test('every variable is explained at the top', () => {
  const head = text.slice(0, text.indexOf('\nname:'));
  const used = new Set([...text.matchAll(/(?<!\$)\$\{([A-Z0-9_]+)/g)].map(([, name]) => name));
  expect(used.size).toBe(7);
  for (const name of used) expect(head).toContain(`#   ${name} `);
});

// `npm run docker-compose`
const program = composeProgram(process.env);
(existsSync(program) ? test : test.skip)('Docker Compose itself takes the file', async () => {
  const config = (env: Readonly<Record<string, string>>): Promise<{ readonly stdout: string }> =>
    promisify(execFile)(
      program,
      [
        '--file',
        fileURLToPath(new URL('../../docker-compose.yml', import.meta.url)),
        'config',
        '--format',
        'json',
      ],
      { env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent', ...env } },
    );
  const { stdout } = await config({ TEMPORAL_POSTGRES_PASSWORD: 'p', DROVER_PORT: '17420' });
  const read = JSON.parse(stdout) as {
    services: Record<string, { ports?: { host_ip?: string; published?: string }[]; read_only?: boolean }>;
  };
  expect(Object.keys(read.services).sort()).toEqual(Object.keys(services).sort());
  expect(read.services['api-1']?.ports?.[0]).toMatchObject({ host_ip: '127.0.0.1', published: '17420' });
  expect(read.services['gateway']?.read_only).toBe(true);
  await expect(config({})).rejects.toThrow(/TEMPORAL_POSTGRES_PASSWORD/);
});
