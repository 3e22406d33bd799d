/**
 * Projects for the tests of lock files: per manager the manifests of a project whose libraries lie beside it, and
 * what a hostile branch puts there for the manager to run. Nothing is asked of a registry.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LockManagerName } from './lock-managers.ts';

type Files = Readonly<Record<string, string>>;

export interface LockFileCase {
  readonly lock: string;
  readonly program: string;
  /** Of Drover's own cache; the system's when absent. */
  readonly cached?: LockManagerName;
  readonly manifest: string;
  /** Asks for these libraries, and these for development only. */
  readonly asks: (libraries: readonly string[], development: readonly string[]) => string;
  readonly library: (name: string) => Files;
  /** As a person makes the lock file. */
  readonly command: string;
  /** What runs `touch "$RAN"` when the manager is not kept from it; names that end in `*` are executable. */
  readonly hostile: Files;
  /** As `command`, where that does not run it. */
  readonly plain?: string;
}

export const LIBRARIES = ['m', 'n', 'o', 'y'] as const;

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
const js = 'require("child_process").execSync(\'touch "$RAN"\');module.exports = {};\n';
const python = '#!/bin/sh\ntouch "$RAN"\nexit 1\n';
const venv: Files = {
  '.venv/bin/python*': python,
  '.venv/bin/python3*': python,
  '.venv/pyvenv.cfg': 'home = /usr/bin\nversion_info = 3.11.2\n',
};

const node = {
  manifest: 'package.json',
  asks: (libraries: readonly string[], development: readonly string[]): string => {
    const wanted = (names: readonly string[]): object =>
      Object.fromEntries(names.map((name) => [name, `file:./libs/${name}`]));
    return json({
      name: 'app',
      version: '1.0.0',
      scripts: { preinstall: 'touch "$RAN"', install: 'touch "$RAN"', prepare: 'touch "$RAN"' },
      dependencies: wanted(libraries),
      devDependencies: wanted(development),
    });
  },
  library: (name: string): Files => ({
    [`libs/${name}/package.json`]: json({ name, version: '1.0.0', scripts: { prepare: 'touch "$RAN"' } }),
  }),
};

const pythonLibrary = (name: string): Files => ({
  [`libs/${name}/pyproject.toml`]: `[project]\nname = "${name}"\nversion = "1.0.0"\nrequires-python = ">=3.9"\n`,
});
const PROJECT = '[project]\nname = "app"\nversion = "1.0.0"\nrequires-python = ">=3.9"\n';

const lines = (names: readonly string[], line: (name: string) => string): string =>
  names.map((name) => `${line(name)}\n`).join('');

/** Gems as a registry has them, in `directory`. */
export const gemRegistry = (directory: string): void => {
  const gems = join(directory, 'gems');
  mkdirSync(gems, { recursive: true });
  for (const name of LIBRARIES) {
    writeFileSync(
      join(directory, `${name}.gemspec`),
      `Gem::Specification.new { |s| s.name = "${name}"; s.version = "1.0.0"; s.summary = "x"; s.authors = ["x"] }\n`,
    );
    execFileSync('gem', ['build', '-q', `${name}.gemspec`], { cwd: directory, stdio: 'ignore' });
    renameSync(join(directory, `${name}-1.0.0.gem`), join(gems, `${name}-1.0.0.gem`));
  }
  execFileSync('gem', ['generate_index', '-q', '-d', directory], { stdio: 'ignore' });
};

/** @param registry the directory of `gemRegistry` */
export const lockFileCases = (registry: string): readonly LockFileCase[] => [
  {
    ...node,
    lock: 'pnpm-lock.yaml',
    program: 'pnpm',
    cached: 'pnpm',
    command: 'pnpm install --lockfile-only --ignore-scripts --ignore-pnpmfile',
    hostile: { '.pnpmfile.cjs': js, 'pnpm-workspace.yaml': 'packages: []\nignoreScripts: false\n' },
    plain: 'pnpm install --lockfile-only',
  },
  {
    ...node,
    lock: 'yarn.lock',
    program: 'yarn',
    cached: 'yarn-1',
    command: 'yarn install --ignore-scripts --non-interactive',
    hostile: { '.yarnrc': 'yarn-path "./evil.js"\n', 'evil.js': js },
  },
  {
    ...node,
    lock: 'yarn.lock',
    program: 'yarn',
    cached: 'yarn-4',
    command: 'yarn install --mode=update-lockfile --no-immutable',
    // In a form that no search for a line finds.
    hostile: { '.yarnrc.yml': '{ "plugins": ["./evil.cjs"] }\n', 'evil.cjs': js },
  },
  {
    lock: 'uv.lock',
    program: 'uv',
    cached: 'uv',
    manifest: 'pyproject.toml',
    asks: (libraries, development) =>
      `${PROJECT}dependencies = [\n${lines(libraries, (name) => `  "${name}",`)}]\n\n[tool.uv.sources]\n${lines(LIBRARIES, (name) => `${name} = { path = "libs/${name}" }`)}\n[dependency-groups]\ndev = [\n${lines(development, (name) => `  "${name}",`)}]\n`,
    library: pythonLibrary,
    command: 'uv lock',
    hostile: { ...venv, 'evil*': python, '.python-version': './evil\n' },
  },
  {
    lock: 'poetry.lock',
    program: 'poetry',
    cached: 'poetry',
    manifest: 'pyproject.toml',
    asks: (libraries, development) =>
      `${PROJECT}\n[tool.poetry]\npackage-mode = false\n\n[tool.poetry.dependencies]\n${lines(libraries, (name) => `${name} = { path = "libs/${name}" }`)}\n# For development.\n\n[tool.poetry.group.dev.dependencies]\n${lines(development, (name) => `${name} = { path = "libs/${name}" }`)}`,
    library: pythonLibrary,
    command: 'poetry lock --no-interaction --no-plugins',
    hostile: venv,
  },
  {
    lock: 'Gemfile.lock',
    program: 'bundle',
    manifest: 'Gemfile',
    asks: (libraries, development) =>
      `source "file://${registry}"\n\n${lines(libraries, (name) => `gem "${name}", "~> 1.0"`)}\n# For development.\n\ngroup :development do\n${lines(development, (name) => `  gem "${name}", require: false`)}end\n`,
    library: () => ({}),
    command: 'bundle lock',
    hostile: {
      '.bundle/config': '---\nBUNDLE_GEMFILE: "evil.rb"\n',
      'evil.rb': 'system(\'touch "$RAN"\')\n',
    },
  },
  {
    lock: 'composer.lock',
    program: 'composer',
    manifest: 'composer.json',
    asks: (libraries, development) => {
      const wanted = (names: readonly string[]): object =>
        Object.fromEntries(names.map((name) => [`acme/${name}`, '^1.0']));
      return json({
        name: 'acme/app',
        require: wanted(libraries),
        'require-dev': wanted(development),
        repositories: [{ 'packagist.org': false }, { type: 'path', url: 'libs/*' }],
        scripts: { 'pre-update-cmd': 'touch "$RAN"' },
      });
    },
    library: (name) => ({ [`libs/${name}/composer.json`]: json({ name: `acme/${name}`, version: '1.0.0' }) }),
    command: 'composer update --no-install --no-scripts --no-plugins --no-interaction',
    hostile: {},
    plain: 'composer update --no-install --no-interaction',
  },
];
