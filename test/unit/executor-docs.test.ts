/** The quick starts of docs/executors.md say nothing that Drover does not take. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { DEFAULTS } from '../../config/defaults.ts';
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

const table = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
const { prices } = DEFAULTS;

test('models that the pages name have a price, so that a first try is not refused', () => {
  const others = ['docs/agents.md', 'examples/drover.yml'].map((path) =>
    readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'),
  );
  const named = [page, ...others].flatMap((text) =>
    [...text.matchAll(/model: ((?:gpt|gemini)-[a-z0-9.-]+)/g)].map(([, model = '']) => model),
  );
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter((model) => prices[model] === undefined)).toEqual([]);
});

test('the table of prices is the one that Drover counts by', () => {
  const rows = /^\| `([a-z0-9.-]+)`(, prompts over)?[^|]*\| ([\d.]+) +\| ([\d.]+) /gm;
  const told = [...table.matchAll(rows)].map(([, model, long, input, output]) => [
    model,
    long !== undefined,
    Number(input),
    Number(output),
  ]);
  expect(told).toEqual(
    Object.entries(prices).flatMap(([model, { input, output, longPrompt }]) => [
      [model, false, input, output],
      ...(longPrompt === undefined ? [] : [[model, true, longPrompt.input, longPrompt.output]]),
    ]),
  );
});

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
