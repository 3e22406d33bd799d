/** Gets the agent CLIs and Claude's Agent SDK from npm into the user's cache, each in its pinned version, each once. */
import { spawn } from 'node:child_process';
import { access, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '../../../config/environment.ts';
import { DroverFailure } from '../../../domain/failures.ts';
import { tryLock, type Lock } from '../../../store/lock.ts';
import { AGENT_PACKAGES, cachedProgram, CLI_PACKAGES, cliDirectory, type AgentPackage } from './packages.ts';

export interface InstallOptions {
  readonly env: Environment;
  readonly onProgress: (line: string) => void;
}

const LOCK_POLL_MS = 500;
const REPORT_MS = 10_000;
const OUTPUT_TAIL = 1_500;

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** npm's variables of the script that is running would send the packages elsewhere. */
const installEnvironment = (env: Environment): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !/^npm_(config_(local_|global_)?prefix|package|lifecycle)/i.test(name),
    ),
  );

const npmInstall = async (env: Environment, directory: string, args: readonly string[]): Promise<void> => {
  const child = spawn('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...args], {
    cwd: directory,
    env: installEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const take = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-OUTPUT_TAIL);
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (cause) =>
      reject(
        new DroverFailure('unavailable', `npm cannot be run: ${cause.message}`, {
          hint: 'install npm',
          cause,
        }),
      ),
    );
    child.once('close', resolve);
  });
  if (code !== 0)
    throw new DroverFailure('unavailable', `npm install ended with code ${code}:\n${output.trim()}`, {
      hint: 'check the network and the free disk space, then try again',
    });
};

const withLock = async (options: InstallOptions, work: () => Promise<void>): Promise<void> => {
  const path = join(dirname(cliDirectory(options.env, 'claude')), 'install.lock');
  const started = performance.now();
  let reported = 0;
  let lock: Lock | undefined;
  while ((lock = tryLock(path)) === undefined) {
    const waited = performance.now() - started;
    if (waited >= reported) {
      options.onProgress(`Another process is installing; waiting (${Math.round(waited / 1_000)} s)`);
      reported += REPORT_MS;
    }
    await sleep(LOCK_POLL_MS);
  }
  try {
    await work();
  } finally {
    lock.release();
  }
};

const installOne = async ({ env, onProgress }: InstallOptions, cli: AgentPackage): Promise<void> => {
  const directory = cliDirectory(env, cli);
  const { name, version, flags, megabytes } = CLI_PACKAGES[cli];
  if (await isThere(directory)) {
    onProgress(`${cli} ${version} is there: ${cachedProgram(env, cli)}`);
    return;
  }
  onProgress(`${cli}: installing ${name}@${version} (${megabytes} MB)`);
  const started = performance.now();
  const timer = setInterval(
    () => onProgress(`${cli}: still at it (${Math.round((performance.now() - started) / 1_000)} s)`),
    REPORT_MS,
  );
  const making = `${directory}.making`;
  try {
    await mkdir(making, { recursive: true });
    // Without a package.json of its own, npm would take the next one above.
    await writeFile(join(making, 'package.json'), '{ "private": true }\n');
    await npmInstall(env, making, [...flags, `${name}@${version}`]);
    await rename(making, directory);
  } finally {
    clearInterval(timer);
  }
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  onProgress(`${cli} ${version} installed in ${seconds} s: ${cachedProgram(env, cli)}`);
};

/** Half-made installations and versions that Drover does not use any more. */
const removeOld = async ({ env, onProgress }: InstallOptions): Promise<void> => {
  const root = dirname(cliDirectory(env, 'claude'));
  const wanted = new Set<string>(AGENT_PACKAGES.map((cli) => basename(cliDirectory(env, cli))));
  for (const name of await readdir(root)) {
    const cli = AGENT_PACKAGES.find((one) => name.startsWith(`${one}-`));
    if (cli === undefined || wanted.has(name)) continue;
    if (!name.endsWith('.making')) onProgress(`Removing ${name}`);
    await rm(join(root, name), { recursive: true, force: true });
  }
};

/** @throws {DroverFailure} when npm cannot get one of them */
export const installAgentClis = (options: InstallOptions, clis: readonly AgentPackage[]): Promise<void> =>
  withLock(options, async () => {
    await removeOld(options);
    for (const cli of clis) await installOne(options, cli);
  });
