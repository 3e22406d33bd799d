import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

// Jest with native ES modules: TypeScript is stripped by swc and nothing else is transformed.
const swc = [
  '@swc/jest',
  {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2024' },
    module: { type: 'es6' },
    sourceMaps: 'inline',
  },
];

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'drover');

/** Tests that need a program which not every machine has. CI installs them all, so there they always run. */
const optional = [
  {
    needs: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    tests: '/test/browser/',
    install: 'apt-get install chromium',
  },
  {
    needs: join(cache, 'agent-clis'),
    tests: '/test/(activity/(cli-executors|resume-agent)|e2e/agent-clis).test.ts',
    install: 'npm run agent-clis',
  },
  {
    needs: join(cache, 'agent-clis'),
    tests: '/test/e2e/cli-lead.test.ts',
    install: 'npm run agent-clis',
  },
  {
    needs: join(cache, 'lock-managers'),
    tests: '/test/(activity/lock-managers|e2e/examples).test.ts',
    install: 'npm run lock-managers; apt-get install ruby-bundler composer cargo rustfmt golang-go',
  },
  {
    needs: join(cache, 'temporal-server-v1.29.1'),
    tests: '/test/(chaos/replicas|kubernetes/deployment).test.ts',
    install: 'npm run temporal-server; apt-get install postgresql',
  },
  {
    needs: '/usr/bin/bwrap',
    tests: '/test/security/sandbox.test.ts',
    install: 'apt-get install bubblewrap',
  },
  {
    needs: join(cache, 'schemathesis'),
    tests: '/test/api/contract.test.ts',
    install: 'see CONTRIBUTING.md',
  },
].filter(({ needs }) => !process.env.CI && !existsSync(needs));
for (const { needs, tests, install } of optional)
  process.stderr.write(`Not run here: ${tests}, because there is no ${needs} (${install})\n`);

/** Those that need a cluster run on the one of KUBECONFIG, and only there. */
const withoutCluster = process.env.KUBECONFIG ? [] : ['/test/kubernetes/'];
if (withoutCluster.length > 0)
  process.stderr.write(
    'Not run here: /test/kubernetes/, because KUBECONFIG names no cluster (CONTRIBUTING.md)\n',
  );

/** One Temporal dev server for the whole run, started only when a project that needs it has tests to run. */
const withTemporal = {
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
};

const project = (name, { temporal = false, processes = true } = {}) => ({
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  testPathIgnorePatterns: ['/node_modules/', ...optional.map(({ tests }) => tests), ...withoutCluster],
  transform: { '^.+\\.ts$': swc },
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironment: 'node',
  ...(temporal ? withTemporal : {}),
  ...(processes ? { setupFilesAfterEnv: ['<rootDir>/test/support/second-try.ts'] } : {}),
});

export default {
  maxWorkers: 2,
  testSequencer: '<rootDir>/test/support/slowest-first.js',
  // Jest takes it from here alone; a project's own is ignored.
  testTimeout: 300_000,
  projects: [
    project('unit', { processes: false }),
    project('activity'),
    project('workflow', { temporal: true }),
    project('replay', { processes: false }),
    project('security'),
    project('store'),
    project('api', { temporal: true }),
    project('browser'),
    project('e2e'),
    project('chaos'),
    project('kubernetes'),
  ],
};
