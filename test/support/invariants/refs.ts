/**
 * Did refs move only as recorded? Git's reflog says of each move what the ref held before and after. A move that
 * is not a compare-and-swap shows as a gap between two entries, or as a value that nobody recorded.
 */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { refsOf } from './snapshot.ts';

interface RefMove {
  readonly ref: string;
  readonly from: string;
  readonly to: string;
}

const ENTRY = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) /;

/** All moves of all refs of a repository, oldest first within a ref. */
const movesOf = async (gitDirectory: string): Promise<RefMove[]> => {
  const logs = join(gitDirectory, 'logs');
  const files = await readdir(logs, { recursive: true, withFileTypes: true }).catch(() => []);
  const moves = files
    .filter((entry) => entry.isFile() && entry.name !== 'HEAD')
    .map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      const ref = path.slice(logs.length + 1);
      return (await readFile(path, 'utf8')).split('\n').flatMap((line): RefMove[] => {
        const match = ENTRY.exec(line);
        return match ? [{ ref, from: match[1]!, to: match[2]! }] : [];
      });
    });
  return (await Promise.all(moves)).flat();
};

/**
 * @param recorded for each ref of the hub, all values that it may ever have held
 */
export const refViolations = async (
  hub: string,
  recorded: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<string[]> => {
  const now = await refsOf(hub);
  const held = new Map<string, string>();
  const violations: string[] = [];
  for (const { ref, from, to } of await movesOf(hub)) {
    const before = held.get(ref) ?? '0'.repeat(to.length);
    if (from !== before) violations.push(`ref ${ref} of the hub moved from ${from}, but held ${before}`);
    if (from === to) violations.push(`ref ${ref} of the hub was written twice with ${to}`);
    if (recorded.get(ref)?.has(to) === false)
      violations.push(`ref ${ref} of the hub held ${to}, which nobody recorded`);
    held.set(ref, to);
  }
  for (const [ref, commit] of now) {
    if (!recorded.has(ref)) violations.push(`ref ${ref} of the hub is known to nobody`);
    if (!held.has(ref)) violations.push(`ref ${ref} of the hub has no reflog`);
    else if (held.get(ref) !== commit) violations.push(`ref ${ref} of the hub is not where its log ends`);
  }
  return violations;
};
