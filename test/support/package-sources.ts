/** A package in several versions where the real Cargo and the real Go find it: in directories, without a network. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { git, makeRepository } from './repository.ts';

const shell = promisify(execFile);

/** @returns the text of `.cargo/config.toml` with which crates come from there */
export const makeCrates = async (
  directory: string,
  name: string,
  versions: readonly string[],
): Promise<string> => {
  const index = join(directory, 'index', name.slice(0, 2), name.slice(2, 4));
  await mkdir(index, { recursive: true });
  for (const vers of versions) {
    const crate = `${name}-${vers}`;
    await mkdir(join(directory, crate, 'src'), { recursive: true });
    await writeFile(
      join(directory, crate, 'Cargo.toml'),
      `[package]\nname = "${name}"\nversion = "${vers}"\nedition = "2021"\n`,
    );
    await writeFile(join(directory, crate, 'src', 'lib.rs'), '');
    await shell('tar', ['-czf', `${crate}.crate`, crate], { cwd: directory });
    const cksum = createHash('sha256')
      .update(await readFile(join(directory, `${crate}.crate`)))
      .digest('hex');
    const line = JSON.stringify({ name, vers, deps: [], cksum, features: {}, yanked: false });
    await appendFile(join(index, name), `${line}\n`);
  }
  return `[source.crates-io]\nreplace-with = "here"\n[source.here]\nlocal-registry = ${JSON.stringify(directory)}\n`;
};

/** @returns the environment with which modules come from there */
export const makeModules = async (
  directory: string,
  path: string,
  versions: readonly string[],
): Promise<Readonly<Record<string, string>>> => {
  const source = join(directory, 'source');
  const mod = `module ${path}\n\ngo 1.19\n`;
  await makeRepository(source, { 'go.mod': mod, 'a.go': 'package a\n' });
  const place = join(directory, path, '@v');
  await mkdir(place, { recursive: true });
  for (const version of versions) {
    const zip = join(place, `${version}.zip`);
    await git(source, 'archive', '--format=zip', `--prefix=${path}@${version}/`, '-o', zip, 'HEAD');
    await writeFile(join(place, `${version}.mod`), mod);
    await writeFile(
      join(place, `${version}.info`),
      JSON.stringify({ Version: version, Time: '2026-01-01T00:00:00Z' }),
    );
    await appendFile(join(place, 'list'), `${version}\n`);
  }
  // Its cache is read-only as Go makes it, and could not be removed at the end.
  return { GOPROXY: `file://${directory}`, GOSUMDB: 'off', GOFLAGS: '-modcacherw' };
};
