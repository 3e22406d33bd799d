/** Builds the Temporal CLI with Go, for machines that reach the Go module proxy but no download server. */
import type { Environment } from '../../config/environment.ts';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { BUILT_VERSION } from './places.ts';

const PROGRESS_EVERY_MS = 5_000;
const BUILD_TIMEOUT_MS = 20 * 60_000;
/** Lines of Go's output that a failure shows. */
const TAIL = 12;

export interface BuildOptions {
  /** Gets `temporal`. */
  readonly directory: string;
  readonly env: Environment;
  readonly onProgress: (line: string) => void;
  /** What is built. @default the Temporal CLI */
  readonly module?: string;
}

/** What one line of `go install -v` means. */
export const readGoLine = (line: string): 'fetched' | 'compiled' | 'other' =>
  line.startsWith('go: downloading ')
    ? 'fetched'
    : /^[A-Za-z0-9_][\w.~\-/]*$/.test(line)
      ? 'compiled'
      : 'other';

/** @returns the path of the program */
export const buildTemporal = async (options: BuildOptions): Promise<string> => {
  const {
    directory,
    env,
    onProgress,
    module = `github.com/temporalio/cli/cmd/temporal@${BUILT_VERSION}`,
  } = options;
  await mkdir(directory, { recursive: true });
  const work = await mkdtemp(join(directory, 'build-'));
  const counts = { fetched: 0, compiled: 0, other: 0 };
  const tail: string[] = [];
  const started = Date.now();
  const report = (): void =>
    onProgress(
      `Building the Temporal CLI ${BUILT_VERSION} with Go: ${Math.round((Date.now() - started) / 1_000)} s, ` +
        `${counts.fetched} modules fetched, ${counts.compiled} packages compiled`,
    );
  report();
  const ticker = setInterval(report, PROGRESS_EVERY_MS);
  try {
    const go = spawn('go', ['install', '-v', module], {
      cwd: work,
      // GOWORK: a workspace file of some parent directory must not decide what is built.
      env: { ...env, GOBIN: work, GOWORK: 'off' },
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: BUILD_TIMEOUT_MS,
    });
    createInterface({ input: go.stderr }).on('line', (line) => {
      counts[readGoLine(line)] += 1;
      tail.push(line);
      if (tail.length > TAIL) tail.shift();
    });
    await new Promise<void>((resolve, reject) => {
      go.once('error', reject);
      go.once('close', (code, signal) => {
        if (code === 0) resolve();
        else reject(new Error(`go install ended with ${signal ?? code}:\n${tail.join('\n')}`));
      });
    });
    const program = join(directory, 'temporal');
    await rename(join(work, 'temporal'), program);
    report();
    return program;
  } finally {
    clearInterval(ticker);
    await rm(work, { recursive: true, force: true });
  }
};
