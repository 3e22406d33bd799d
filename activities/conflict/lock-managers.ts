/**
 * Which package manager owns which lock file, and how it makes one anew from the merged manifest without running a
 * script of the project. Fixed commands; nothing of a repository is part of one.
 */

export interface LockManager {
  readonly program: string;
  /** Beside the lock file; what is asked for is in there. */
  readonly manifest: string;
  /**
   * What the lock file starts as: the conflict itself, where the manager reads both sides out of it; the lines of
   * both sides; or the train's version.
   */
  readonly start: 'conflict' | 'lines' | 'ours';
  /** For `sh -c`, in the directory of the lock file. */
  readonly command: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Files that the command may change besides the lock file. */
  readonly alsoTakes?: readonly string[];
  /** Removed from the scratch checkout before: files by which a project has the manager run its programs. */
  readonly without?: readonly string[];
}

const NPM: LockManager = {
  program: 'npm',
  manifest: 'package.json',
  start: 'conflict',
  command: 'npm install --package-lock-only --ignore-scripts --no-audit --no-fund --loglevel=error',
  // The environment counts for more than the project's .npmrc, which could name another program.
  env: { npm_config_git: 'git', npm_config_ignore_scripts: 'true', npm_config_update_notifier: 'false' },
};

const YARN_COMMAND = `case "$(yarn --version)" in
  0.*|1.*) if grep -q '^__metadata:' yarn.lock; then echo 'yarn.lock is by a newer Yarn than the one installed' >&2; exit 3; fi
    yarn install --ignore-scripts --non-interactive --no-progress ;;
  *) if grep -qs '^plugins:' .yarnrc.yml; then echo '.yarnrc.yml names plugins, which would run' >&2; exit 3; fi
    yarn install --mode=update-lockfile ;;
esac`;

const MANAGERS: Readonly<Record<string, LockManager>> = {
  'package-lock.json': NPM,
  'npm-shrinkwrap.json': NPM,
  'pnpm-lock.yaml': {
    program: 'pnpm',
    manifest: 'package.json',
    start: 'conflict',
    command: 'pnpm install --lockfile-only --ignore-scripts --ignore-pnpmfile --no-frozen-lockfile',
    env: { npm_config_manage_package_manager_versions: 'false', npm_config_ignore_scripts: 'true' },
    without: ['.pnpmfile.cjs', '.pnpmfile.mjs', 'pnpmfile.js'],
  },
  'yarn.lock': {
    program: 'yarn',
    manifest: 'package.json',
    start: 'conflict',
    command: YARN_COMMAND,
    env: {
      YARN_IGNORE_PATH: '1',
      YARN_ENABLE_SCRIPTS: 'false',
      YARN_ENABLE_IMMUTABLE_INSTALLS: 'false',
      YARN_ENABLE_TELEMETRY: 'false',
    },
  },
  'Cargo.lock': {
    program: 'cargo',
    manifest: 'Cargo.toml',
    start: 'ours',
    command: 'cargo update --workspace --quiet',
    // A project may name a compiler of its own, which Cargo asks for its version.
    env: { RUSTC: 'rustc', RUSTC_WRAPPER: '', RUSTC_WORKSPACE_WRAPPER: '', CARGO_TERM_COLOR: 'never' },
    without: ['rust-toolchain', 'rust-toolchain.toml'],
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
    env: { UV_PYTHON_DOWNLOADS: 'never' },
  },
  'poetry.lock': {
    program: 'poetry',
    manifest: 'pyproject.toml',
    start: 'ours',
    command: 'poetry lock --no-interaction --no-plugins',
  },
  'Gemfile.lock': {
    program: 'bundle',
    manifest: 'Gemfile',
    start: 'ours',
    command: 'bundle lock',
    env: { BUNDLE_FROZEN: 'false' },
  },
  'composer.lock': {
    program: 'composer',
    manifest: 'composer.json',
    start: 'ours',
    command:
      'composer update --no-install --no-scripts --no-plugins --no-interaction --no-progress --minimal-changes',
    env: { COMPOSER_ALLOW_SUPERUSER: '1' },
  },
};

/** @returns undefined for a file that is no lock file */
export const managerOf = (path: string): LockManager | undefined => {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return Object.hasOwn(MANAGERS, name) ? MANAGERS[name] : undefined;
};
