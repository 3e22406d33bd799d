import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { temporaryName } from '../../store/files.ts';
import { removeHalfWritten } from '../../store/half-written.ts';
import { temporaryDirectory } from '../support/repository.ts';

let directory: string;
beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test('what a killed process was writing is removed, what a living one writes and what is whole stays', async () => {
  const dead = spawnSync('true').pid;
  const writing = temporaryName('spec.json');
  const kept = ['spec.json', 'notes.tmp', writing];
  for (const name of [...kept, writing.replace(`.${process.pid}-`, `.${dead}-`)])
    await writeFile(join(directory, name), '');
  await mkdir(join(directory, 'below'));
  await removeHalfWritten(directory);
  expect((await readdir(directory)).sort()).toEqual([...kept, 'below'].sort());
});

test('a directory that is not there has nothing half-written', async () => {
  await expect(removeHalfWritten(join(directory, 'nowhere'))).resolves.toBeUndefined();
});
