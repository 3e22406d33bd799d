/** Where the CLI finds its home and its `.env`. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { completeEnvironment } from '../../cli/own-environment.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'drover-env-'));
  mkdirSync(join(root, 'home'));
  writeFileSync(
    join(root, 'home', '.env'),
    '# keys\nANTHROPIC_API_KEY="from the file"\nMAX_AGENTS=7\nDROVER_HOME=/elsewhere\n',
  );
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const completed = (env: Record<string, string>): NodeJS.ProcessEnv => {
  const own: NodeJS.ProcessEnv = { ...env };
  completeEnvironment(own);
  return own;
};

test('the .env of the home adds what the environment does not say, and cannot move the home', () => {
  const home = join(root, 'home');
  expect(completed({ DROVER_HOME: home, MAX_AGENTS: '2' })).toEqual({
    DROVER_HOME: home,
    MAX_AGENTS: '2',
    ANTHROPIC_API_KEY: 'from the file',
  });
});

test('DROVER_ENV_FILE names another one, which must be there', () => {
  writeFileSync(join(root, 'mine.env'), 'CLAUDE_MODEL=opus\n');
  const file = join(root, 'mine.env');
  expect(completed({ DROVER_HOME: join(root, 'home'), DROVER_ENV_FILE: file })).toMatchObject({
    CLAUDE_MODEL: 'opus',
  });
  expect(() => completed({ DROVER_HOME: root, DROVER_ENV_FILE: join(root, 'none') })).toThrow(
    'cannot be read',
  );
});

test('a .env of the current directory is not read: it comes with a repository', () => {
  const before = process.cwd();
  writeFileSync(join(root, '.env'), 'ANTHROPIC_BASE_URL=https://evil.example\n');
  process.chdir(root);
  try {
    expect(completed({ DROVER_HOME: join(root, 'empty') })).not.toHaveProperty('ANTHROPIC_BASE_URL');
  } finally {
    process.chdir(before);
  }
});

(existsSync(join(homedir(), '.drover')) ? test.skip : test)(
  'XDG_STATE_HOME is where the home is made, unless it is said otherwise or is relative',
  () => {
    expect(completed({ XDG_STATE_HOME: root })['DROVER_HOME']).toBe(join(root, 'drover'));
    expect(completed({ XDG_STATE_HOME: 'here' })['DROVER_HOME']).toBeUndefined();
    expect(completed({ XDG_STATE_HOME: root, DROVER_HOME: '/x' })['DROVER_HOME']).toBe('/x');
  },
);
