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

const project = (name, { temporal = false, processes = true } = {}) => ({
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  transform: { '^.+\\.ts$': swc },
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironment: 'node',
  ...(temporal ? withTemporal : {}),
  ...(processes ? { setupFilesAfterEnv: ['<rootDir>/test/support/second-try.ts'] } : {}),
});

export default {
  maxWorkers: 2,
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
  ],
};
