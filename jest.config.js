// Jest with native ES modules: TypeScript is stripped by swc and nothing else is transformed.
const swc = [
  '@swc/jest',
  {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2024' },
    module: { type: 'es6' },
    sourceMaps: 'inline',
  },
];

const project = (name, { timeout = 60_000 } = {}) => ({
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  transform: { '^.+\\.ts$': swc },
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironment: 'node',
  testTimeout: timeout,
});

export default {
  maxWorkers: 2,
  projects: [
    project('unit'),
    project('activity'),
    project('workflow', { timeout: 120_000 }),
    project('replay', { timeout: 120_000 }),
    project('security', { timeout: 120_000 }),
    project('e2e', { timeout: 300_000 }),
    project('chaos', { timeout: 300_000 }),
  ],
};
