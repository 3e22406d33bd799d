/**
 * The roles that come with Drover: one Markdown file each in `roles/`, what is particular to the role in front, its
 * prompt below. Read once, when settings are resolved; a swarm keeps the prompts that it began with.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Role, RoleTable } from '../domain/agents/roles.ts';
import { readYaml } from './yaml-text.ts';

const MAX_BYTES = 100_000;
const FRONT = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/;

const front = z.strictObject({
  title: z.string().min(1),
  version: z.int().min(1),
  description: z.string().min(1),
  writes: z.boolean(),
  keywords: z.array(z.string().min(1)),
});

/** @param name of the file, without its ending */
export const readRole = (name: string, text: string): Role => {
  const [, head = '', prompt = ''] = FRONT.exec(text.replaceAll('\r\n', '\n')) ?? [];
  const { value, problems } = readYaml(head, { source: `roles/${name}.md`, maxBytes: MAX_BYTES });
  const parsed = front.safeParse(value);
  if (!parsed.success || problems.length > 0 || prompt.trim() === '')
    throw new Error(`roles/${name}.md is no role: ${parsed.error?.message ?? 'it has no prompt'}`);
  return { name, ...parsed.data, prompt: prompt.trim() };
};

let kept: RoleTable | undefined;

/** By name, in the order of the names. */
export const builtInRoles = (): RoleTable => {
  if (kept !== undefined) return kept;
  // From source it is one folder up, from `dist/` two.
  const place = import.meta.url.endsWith('.ts') ? '../roles/' : '../../roles/';
  const directory = fileURLToPath(new URL(place, import.meta.url));
  kept = Object.fromEntries(
    readdirSync(directory)
      .filter((file) => file.endsWith('.md'))
      .sort()
      .map((file) => {
        const name = file.slice(0, -'.md'.length);
        return [name, readRole(name, readFileSync(`${directory}${file}`, 'utf8'))];
      }),
  );
  return kept;
};
