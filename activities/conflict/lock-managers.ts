/**
 * Which package manager owns which lock file, and how it makes one anew from the merged manifest without running a
 * script of the project. Fixed commands; nothing of a repository is part of one.
 */
import { gemfileProblem } from './gemfile.ts';
import { POETRY_GUARD } from './poetry-guard.ts';
import { yarnSettings } from './yarn-settings.ts';

export interface LockManager {
  readonly program: string;
  /** Beside the lock file; what is asked for is in there. */
  readonly manifest: string;
  /**
   * What the lock file starts as: the conflict itself, where the manager reads both sides out of it; the lines of
   * both sides; the train's blocks, each an unindented line and what follows it, and the branch's others; or the
   * train's version.
   */
  readonly start: 'conflict' | 'lines' | 'blocks' | 'ours';
  /** For `sh -c`, in the directory of the lock file. */
  readonly command: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Files that the command may change besides the lock file. */
  readonly alsoTakes?: readonly string[];
  /**
   * Removed from the scratch checkout before, beside the lock file and above: by which a project has the manager run
   * its programs.
   */
  readonly without?: readonly string[];
  /** Files, beside the lock file and above, of which the manager sees this instead. */
  readonly instead?: Readonly<Record<string, (text: string) => string>>;
  /** Why a manifest cannot be read without running it. */
  readonly manifestProblem?: (text: string) => string | undefined;
  /** Programs and files in a directory that is the first of the manager's PATH, and its `LOCK_TOOLS`. */
  readonly tools?: Readonly<Record<string, string>>;
}

/** Corepack takes the version of a manager from the project: a number may be asked for, an address may not. */
const COREPACK = { COREPACK_ENABLE_UNSAFE_CUSTOM_URLS: '0', COREPACK_ENV_FILE: '0' };

const NPM: LockManager = {
  program: 'npm',
  manifest: 'package.json',
  start: 'conflict',
  command: 'npm install --package-lock-only --ignore-scripts --no-audit --no-fund --loglevel=error',
  // The environment counts for more than the project's .npmrc, which could name another program.
  env: {
    npm_config_git: 'git',
    npm_config_ignore_scripts: 'true',
    npm_config_update_notifier: 'false',
    ...COREPACK,
  },
};

const YARN_COMMAND = `case "$(yarn --version)" in
  0.*|1.*) if grep -q '^__metadata:' yarn.lock; then echo 'yarn.lock is by a newer Yarn than the one installed' >&2; exit 3; fi
    yarn install --ignore-scripts --non-interactive --no-progress ;;
  *) yarn install --mode=update-lockfile ;;
esac`;

/** Yarn packs a dependency from a git repository by that repository's own scripts, whatever it was told. */
const NO_GIT = `#!/bin/sh
echo 'packages from git repositories are not fetched here: Yarn would run their scripts' >&2
exit 1
`;

/** What Bundler reads out of a lock file can be the address of a file that it runs, too. */
const BUNDLE_COMMAND = `if grep -qE '^(GIT|PATH|PLUGIN)' Gemfile.lock; then echo 'Gemfile.lock names gems of which Bundler would run a file' >&2; exit 3; fi
bundle lock`;

const POETRY_COMMAND = `export PYTHONPATH="$LOCK_TOOLS"
poetry --version >/dev/null || exit
if ! test -e "$LOCK_TOOLS/guarded"; then echo 'this Poetry cannot be kept from running the build scripts of packages' >&2; exit 3; fi
poetry lock --no-interaction --no-plugins`;

/** What is locked stays as it is; Composer before 2.7 does that when it is told to renew nothing. */
const COMPOSER_COMMAND = `set -- --no-install --no-scripts --no-plugins --no-interaction --no-progress
if composer update --help | grep -q -e --minimal-changes; then composer update "$@" --minimal-changes
else composer update "$@" drover/nothing; fi`;

const MANAGERS: Readonly<Record<string, LockManager>> = {
  'package-lock.json': NPM,
  'npm-shrinkwrap.json': NPM,
  'pnpm-lock.yaml': {
    program: 'pnpm',
    manifest: 'package.json',
    start: 'conflict',
    command: 'pnpm install --lockfile-only --ignore-scripts --ignore-pnpmfile --no-frozen-lockfile',
    env: {
      npm_config_manage_package_manager_versions: 'false',
      npm_config_ignore_scripts: 'true',
      ...COREPACK,
    },
    without: ['.pnpmfile.cjs', '.pnpmfile.mjs', 'pnpmfile.js'],
  },
  'yarn.lock': {
    program: 'yarn',
    manifest: 'package.json',
    // Yarn 4 asks git for the two sides of a conflict, and here is no repository.
    start: 'blocks',
    command: YARN_COMMAND,
    env: {
      YARN_IGNORE_PATH: '1',
      YARN_ENABLE_SCRIPTS: 'false',
      YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
      YARN_ENABLE_TELEMETRY: 'false',
      YARN_RC_FILENAME: '.yarnrc.yml',
      ...COREPACK,
    },
    without: ['.yarnrc'],
    instead: { '.yarnrc.yml': yarnSettings },
    tools: { git: NO_GIT },
  },
  'Cargo.lock': {
    program: 'cargo',
    manifest: 'Cargo.toml',
    start: 'ours',
    command: 'cargo update --workspace --quiet',
    // A project may name a compiler of its own, which Cargo asks for its version, and programs that know passwords.
    env: { RUSTC: 'rustc', RUSTC_WRAPPER: '', RUSTC_WORKSPACE_WRAPPER: '', CARGO_TERM_COLOR: 'never' },
    without: ['rust-toolchain', 'rust-toolchain.toml', '.cargo'],
  },
  'go.sum': {
    program: 'go',
    manifest: 'go.mod',
    start: 'lines',
    command: 'go mod tidy',
    env: { GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local' },
    alsoTakes: ['go.mod'],
  },
  'uv.lock': {
    program: 'uv',
    manifest: 'pyproject.toml',
    start: 'ours',
    command: 'uv lock --no-build --no-progress',
    env: { UV_PYTHON_DOWNLOADS: 'never', UV_NO_BUILD: '1' },
    // Both name a Python, which uv asks for its version.
    without: ['.venv', '.python-version', '.python-versions'],
  },
  'poetry.lock': {
    program: 'poetry',
    manifest: 'pyproject.toml',
    start: 'ours',
    command: POETRY_COMMAND,
    env: { POETRY_KEYRING_ENABLED: 'false' },
    without: ['.venv', 'poetry.toml', '.python-version'],
    tools: { 'sitecustomize.py': POETRY_GUARD },
  },
  'Gemfile.lock': {
    program: 'bundle',
    manifest: 'Gemfile',
    start: 'ours',
    command: BUNDLE_COMMAND,
    env: { BUNDLE_FROZEN: 'false', BUNDLE_GEMFILE: 'Gemfile' },
    without: ['.bundle'],
    manifestProblem: gemfileProblem,
  },
  'composer.lock': {
    program: 'composer',
    manifest: 'composer.json',
    start: 'ours',
    command: COMPOSER_COMMAND,
    env: { COMPOSER_ALLOW_SUPERUSER: '1' },
  },
};

/** @returns undefined for a file that is no lock file */
export const managerOf = (path: string): LockManager | undefined => {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return Object.hasOwn(MANAGERS, name) ? MANAGERS[name] : undefined;
};
