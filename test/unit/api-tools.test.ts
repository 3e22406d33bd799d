import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { confineTo } from '../../workers/executors/api/confined-files.ts';
import { TOOLS } from '../../workers/executors/api/tool-calls.ts';
import type { ToolContext } from '../../workers/executors/api/tools/tool.ts';

let workspace: string;
let context: ToolContext;
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'drover-tools-'));
  context = {
    files: await confineTo(workspace),
    runShell: () => Promise.reject(new Error('no command in these tests')),
  };
});
afterEach(async () => {
  await rm(workspace, { recursive: true, force: true });
});

const put = async (path: string, content: string | Buffer): Promise<void> => {
  await mkdir(join(workspace, path, '..'), { recursive: true });
  await writeFile(join(workspace, path), content);
};
const call = async (name: string, input: object): Promise<string> => {
  const tool = TOOLS.find((known) => known.name === name)!;
  return await tool.run(input, context);
};

describe('list_files', () => {
  test('shows the tree without git, dependencies and what links lead to', async () => {
    for (const path of ['b.txt', 'a/x.txt', 'a/deep/y.txt', '.git/config', 'node_modules/dep/index.js'])
      await put(path, 'x');
    await symlink('/etc', join(workspace, 'link'));
    expect((await call('list_files', {})).split('\n')).toEqual([
      'a/',
      'a/deep/',
      'a/deep/y.txt',
      'a/x.txt',
      'b.txt',
      'link (symbolic link, not followed)',
      'node_modules/ (not listed)',
    ]);
    expect(await call('list_files', { depth: 1, path: 'a' })).toBe('a/deep/\na/x.txt');
    expect(await call('list_files', { path: 'node_modules' })).toContain('node_modules/dep/index.js');
  });

  test('stops at its limit and says so', async () => {
    await Promise.all(Array.from({ length: 1010 }, (_, index) => put(`many/${index}.txt`, '')));
    const lines = (await call('list_files', {})).split('\n');
    expect(lines).toHaveLength(1001);
    expect(lines.at(-1)).toContain('stopped after 1000');
  });
});

describe('read_file', () => {
  test('numbers lines, also of a range, and says what is left', async () => {
    await put('a.txt', Array.from({ length: 2500 }, (_, index) => `line ${index + 1}`).join('\n'));
    expect(await call('read_file', { path: 'a.txt', from_line: 2, to_line: 3 })).toBe('2\tline 2\n3\tline 3');
    expect(await call('read_file', { path: 'a.txt' })).toContain('lines 2001 to 2500 are not shown');
    await expect(call('read_file', { path: 'a.txt', from_line: 3000 })).rejects.toThrow('only 2500 lines');
  });

  test('refuses what is no text, and cuts long lines', async () => {
    await put('binary', Buffer.from([1, 0, 2]));
    await put('latin1.txt', Buffer.from([0x66, 0xfc, 0x72]));
    await put('long.txt', 'x'.repeat(5000));
    await expect(call('read_file', { path: 'binary' })).rejects.toThrow('binary file of 3 bytes');
    await expect(call('read_file', { path: 'latin1.txt' })).rejects.toThrow('UTF-8');
    expect(await call('read_file', { path: 'long.txt' })).toContain('(3000 more characters)');
  });
});

describe('edit_file', () => {
  const edit = (old_text: string, new_text: string): Promise<string> =>
    call('edit_file', { path: 'a.txt', old_text, new_text });

  test('changes one piece, taken literally', async () => {
    await put('a.txt', 'one\ntwo $& two\nthree\n');
    expect(await edit('two $& two', "$1 $' 2")).toBe('Edited a.txt at line 2.');
    expect(await readFile(join(workspace, 'a.txt'), 'utf8')).toBe("one\n$1 $' 2\nthree\n");
  });

  test('refuses what is there twice, overlapping or not', async () => {
    await put('a.txt', 'x\nx\naaa');
    await expect(edit('x', 'y')).rejects.toThrow('lines 1 and 2');
    await expect(edit('aa', 'y')).rejects.toThrow('more than once');
    expect(await readFile(join(workspace, 'a.txt'), 'utf8')).toBe('x\nx\naaa');
  });

  test('keeps the line ends and the byte order mark of a file', async () => {
    await put('a.txt', '\ufeffone\r\ntwo\r\n');
    await edit('one\ntwo', 'one\ntwo\nthree');
    expect(await readFile(join(workspace, 'a.txt'), 'utf8')).toBe('\ufeffone\r\ntwo\r\nthree\r\n');
  });
});

describe('search', () => {
  test('finds plain text and expressions, and passes over what is no text', async () => {
    await put('src/a.js', 'const a = f(x);\nconst B = f(y);\n');
    await put('src/a.txt', 'f(x)');
    await put('binary', Buffer.from('f(x)\0'));
    await put('huge.js', 'f(x)'.padEnd(1024 * 1024 + 1));
    await put('.git/hooks/x.js', 'f(x)');
    expect(await call('search', { text: 'f(x)', ending: '.js' })).toBe('src/a.js:1: const a = f(x);');
    expect(await call('search', { text: 'CONST b', ignore_case: true })).toBe('src/a.js:2: const B = f(y);');
    expect(await call('search', { text: '^const \\w = f\\(y', regex: true })).toBe(
      'src/a.js:2: const B = f(y);',
    );
    expect(await call('search', { text: 'none of it' })).toBe('No line matches.');
  });

  test('stops at its limit of lines', async () => {
    await put('a.txt', 'same\n'.repeat(500));
    const lines = (await call('search', { text: 'same' })).split('\n');
    expect(lines).toHaveLength(201);
    expect(lines.at(-1)).toContain('stopped after 200');
  });

  test('ends an expression that would run for ever', async () => {
    await put('a.txt', `${'a'.repeat(50)}!\n`);
    const started = performance.now();
    await expect(call('search', { text: '^(a+)+$', regex: true })).rejects.toThrow('more than 3 seconds');
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
