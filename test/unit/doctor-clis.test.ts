import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { SandboxFinding } from '../../workers/sandbox/bubblewrap.ts';
import { sandboxWords } from '../../workers/sandbox/doctor.ts';
import { checkCli } from '../../workers/supervisor/agent-clis.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'drover-test-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const install = async (script: string): Promise<string> => {
  const path = join(home, '.local', 'bin', 'codex');
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
};
const env = (more: Record<string, string> = {}) => ({ HOME: home, PATH: '/usr/bin:/bin', ...more });

describe('what drover doctor says of an agent CLI', () => {
  test('not installed is fine; a wrong path is not', async () => {
    expect(await checkCli('codex', env())).toMatchObject({
      status: 'ok',
      detail: expect.stringContaining('not installed'),
    });
    expect(await checkCli('codex', env({ CODEX_CLI_PATH: '/no/codex' }))).toMatchObject({
      status: 'warn',
      detail: 'CODEX_CLI_PATH names /no/codex, which is no program',
    });
  });

  test('its version, its place, and how it logs in, without giving it a key', async () => {
    const path = await install('test -z "$OPENAI_API_KEY" && echo "codex-cli 1.2.3"');
    expect(await checkCli('codex', env({ OPENAI_API_KEY: 'sk-1' }))).toEqual({
      status: 'ok',
      detail: `1.2.3, tested with 0.169.0, ${path} (home); logs in by the gateway with OPENAI_API_KEY`,
      fix: '',
    });
    await mkdir(join(home, '.codex'));
    await writeFile(join(home, '.codex', 'auth.json'), '{}');
    expect((await checkCli('codex', env())).detail).toMatch(
      /logs in by its own login \(metered only: no budget holds for a login of its own\)$/,
    );
    expect((await checkCli('codex', env({ OPENAI_API_KEY: 'sk-1' }))).detail).toMatch(
      /by the gateway with OPENAI_API_KEY or by its own login$/,
    );
  });

  test('one that cannot log in or does not run comes with what to do', async () => {
    await install('echo codex-cli 1.2.3');
    expect(await checkCli('codex', env())).toMatchObject({
      status: 'warn',
      fix: expect.stringContaining('codex login'),
    });
    await install('exit 1');
    expect(await checkCli('codex', env())).toMatchObject({
      status: 'warn',
      detail: expect.stringContaining('does not run'),
    });
  });
});

test('what drover doctor says of the sandbox: what it holds, or why there is none', () => {
  const words = (finding: SandboxFinding) => sandboxWords(finding, 'linux');
  expect(words({ kind: 'works', path: '/usr/bin/bwrap', version: 'bubblewrap 0.8.0' })).toMatchObject({
    status: 'ok',
    detail: expect.stringMatching(/^bubblewrap 0\.8\.0, .*no network but the gateway/),
  });
  expect(words({ kind: 'missing' })).toMatchObject({ fix: expect.stringContaining('install bubblewrap') });
  expect(words({ kind: 'forbidden', path: '/usr/bin/bwrap', reason: 'No permissions' })).toMatchObject({
    status: 'warn',
    detail: expect.stringContaining('cannot make one: No permissions'),
    fix: expect.stringContaining('user namespaces'),
  });
});
