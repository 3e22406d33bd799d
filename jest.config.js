// Jest with native ES modules: TypeScript is stripped by swc and nothing else is transformed.
const swc = [
  '@swc/jest',
  {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2024' },
    module: { type: 'es6' },
    sourceMaps: 'inline',
  },
];

/** One Temporal dev server for the whole run, started only when a project that needs it has tests to run. */
const withTemporal = {
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
};

const project = (name, { timeout = 60_000, temporal = false } = {}) => ({
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  transform: { '^.+\\.ts$': swc },
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironment: 'node',
  testTimeout: timeout,
  ...(temporal ? withTemporal : {}),
});

export default {
  maxWorkers: 2,
  projects: [
    project('unit'),
    project('activity'),
    project('workflow', { timeout: 120_000, temporal: true }),
    project('replay', { timeout: 120_000 }),
    project('security', { timeout: 120_000 }),
    project('e2e', { timeout: 300_000 }),
    project('chaos', { timeout: 300_000 }),
  ],
};
