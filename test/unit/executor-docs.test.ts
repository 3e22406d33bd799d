/** The quick starts of docs/executors.md say nothing that Drover does not take. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { readPlanFile } from '../../config/plan-file.ts';
import { resolveSettings } from '../../config/settings.ts';
import { EXECUTORS } from '../../domain/swarm/settings.ts';

const page = readFileSync(new URL('../../docs/executors.md', import.meta.url), 'utf8');
const commands = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');
const sections = page
  .split(/^## /m)
  .slice(1)
  .map((text) => ({ name: text.split('\n', 1)[0] ?? '', text }));

const blocks = (text: string, kind: string): readonly string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${kind}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, block = '']) => block);

test('every executor has its quick start', () => {
  expect(sections.map(({ name }) => name)).toEqual(expect.arrayContaining([...EXECUTORS, 'any program']));
});

describe.each(sections)('$name', ({ name, text }) => {
  const yaml = blocks(text, 'yaml');
  const settings = yaml.filter((block) => block.startsWith('# drover.yml'));

  test('its drover.yml is taken, without a warning, and chooses it', () => {
    for (const block of settings) {
      const read = resolveSettings({ file: { text: block, path: 'drover.yml' } });
      expect(read.problems).toEqual([]);
      if ((EXECUTORS as readonly string[]).includes(name) && name !== 'acp')
        expect(read.settings?.executor).toBe(name);
    }
  });

  test('its plan is taken', () => {
    for (const block of yaml.filter((one) => one.startsWith('# plan.yml')))
      expect(readPlanFile(block, { path: 'plan.yml' }).problems).toEqual([]);
  });

  test('its commands and their options are there', () => {
    const lines = blocks(text, 'sh').flatMap((block) => block.split('\n'));
    const unknown = lines.flatMap((line) => {
      const [, command] = /^drover ([a-z-]+)/.exec(line) ?? [];
      if (command === undefined) return [];
      const [help = ''] = commands.slice(commands.indexOf(`### drover ${command}\n`)).split('\n### ', 1);
      const said = line.replaceAll(/"[^"]*"/g, '');
      return [...said.matchAll(/--[a-z-]+/g)].map(([option]) => option).filter((one) => !help.includes(one));
    });
    expect(unknown).toEqual([]);
  });
});
