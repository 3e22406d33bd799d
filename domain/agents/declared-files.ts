/**
 * Which of the files that a branch changed its task had not declared. The paths are real ones and stand for
 * themselves, whatever characters are in them; only what the plan says (`files`: paths, directories, globs) is read
 * as a pattern. What plans say of each other is `domain/plan/file-overlap.ts`.
 */
import { clip, plainLine } from '../text.ts';

/** What a branch changed besides the files of its task. */
export interface OutsideChanges {
  readonly count: number;
  /** The first of them, at most 20, as people read them. */
  readonly paths: readonly string[];
  /** How many of them another agent had claimed; absent for none. */
  readonly claimed?: number;
}

const LISTED = 20;
const PATH_LENGTH = 200;
/** Alternatives in braces, in one pattern; more are taken as they are written. */
const ALTERNATIVES = 64;

const WILDCARD = /[*?[{]/;

/** `a.{js,ts}` is `a.js` and `a.ts`; braces within braces too. */
const alternatives = (pattern: string): readonly string[] => {
  const open: string[] = [pattern];
  const plain: string[] = [];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [whole, inner] = /\{([^{}]*,[^{}]*)\}/.exec(next) ?? [];
    if (whole === undefined || inner === undefined) plain.push(next);
    else for (const one of inner.split(',')) open.push(next.replace(whole, () => one));
    if (open.length + plain.length > ALTERNATIVES) return [pattern];
  }
  return plain;
};

type Token = 'star' | 'any' | { readonly of: string; readonly not: boolean };

const tokensOf = (part: string): readonly Token[] => {
  const tokens: Token[] = [];
  for (let at = 0; at < part.length; at += 1) {
    const char = part[at] ?? '';
    const end = char === '[' ? part.indexOf(']', at + 2) : -1;
    if (char === '*') {
      if (tokens.at(-1) !== 'star') tokens.push('star');
    } else if (char === '?') tokens.push('any');
    else if (end === -1) tokens.push({ of: char, not: false });
    else {
      const not = part[at + 1] === '!' || part[at + 1] === '^';
      tokens.push({ of: part.slice(at + (not ? 2 : 1), end), not });
      at = end;
    }
  }
  return tokens;
};

const inClass = (of: string, char: string): boolean => {
  for (let at = 0; at < of.length; at += 1) {
    const [from = '', dash, to] = [of[at], of[at + 1], of[at + 2]];
    if (dash === '-' && to !== undefined) {
      if (from <= char && char <= to) return true;
      at += 2;
    } else if (from === char) return true;
  }
  return false;
};

const fits = (token: Token, char: string): boolean =>
  typeof token === 'string' || inClass(token.of, char) !== token.not;

/** Row by row, so that no pattern takes longer than its length times that of the name. */
const nameFits = (part: string, name: string): boolean => {
  // `[id].tsx` is a common name.
  if (part === name) return true;
  if (!WILDCARD.test(part)) return false;
  let row = [true, ...Array.from({ length: name.length }, () => false)];
  for (const token of tokensOf(part)) {
    const next = [token === 'star' && row[0] === true];
    for (let at = 1; at <= name.length; at += 1)
      next.push(
        token === 'star'
          ? row[at] === true || next[at - 1] === true
          : row[at - 1] === true && fits(token, name[at - 1] ?? ''),
      );
    row = next;
  }
  return row[name.length] === true;
};

const pathFits = (pattern: readonly string[], path: readonly string[]): boolean => {
  let row = [true, ...path.map(() => false)];
  for (const part of pattern) {
    const deep = part === '**';
    const next = [deep && row[0] === true];
    for (let at = 1; at <= path.length; at += 1)
      next.push(
        deep
          ? row[at] === true || next[at - 1] === true
          : row[at - 1] === true && nameFits(part, path[at - 1] ?? ''),
      );
    row = next;
  }
  return row[path.length] === true;
};

/** A name without wildcards stands for a file, or for all that is in the directory of that name. */
const segmentsOf = (declared: string): readonly string[] => {
  const parts = declared.split('/').filter((part) => part !== '' && part !== '.');
  const last = parts.at(-1) ?? '';
  if (!WILDCARD.test(last)) return [...parts, '**'];
  return declared.endsWith('/') ? [...parts, '**', '*'] : parts;
};

const isInside = (declared: string, path: string): boolean =>
  path === declared || path.startsWith(declared.endsWith('/') ? declared : `${declared}/`);

/** A file or directory that an agent at work has claimed. */
export interface FileClaim {
  readonly name: string;
  readonly owner: string;
}

const taskOf = (agentId: string): string => agentId.replace(/\.\d+$/, '');

/** The claims of all but one agent; the attempts at one task are one owner. */
export const claimsOfOthers = (claims: readonly FileClaim[], agentId: string): readonly FileClaim[] =>
  claims.filter(({ owner }) => taskOf(owner) !== taskOf(agentId));

/**
 * What a branch should not have changed: what its task had not declared, and what others had claimed.
 * @param files of the task; with none it has declared nothing, and nothing is outside
 * @param claims of other agents
 */
export const changesOutside = (
  files: readonly string[],
  changed: readonly string[],
  claims: readonly FileClaim[] = [],
): OutsideChanges | undefined => {
  const patterns = files.flatMap(alternatives).map(segmentsOf);
  const isDeclared = (path: string): boolean => {
    if (files.length === 0 || files.some((declared) => isInside(declared, path))) return true;
    const segments = path.split('/');
    return patterns.some((pattern) => pathFits(pattern, segments));
  };
  const owners = new Map(
    changed.flatMap((path) => {
      const claim = claims.find(({ name }) => isInside(name, path));
      return claim === undefined ? [] : [[path, claim.owner] as const];
    }),
  );
  // The list is cut at its end, and what is somebody else's matters most.
  const outside = [...owners.keys(), ...changed.filter((path) => !owners.has(path) && !isDeclared(path))];
  const shown = (path: string): string => {
    const owner = owners.get(path);
    return clip(plainLine(path), PATH_LENGTH) + (owner === undefined ? '' : ` (claimed by ${owner})`);
  };
  return outside.length === 0
    ? undefined
    : {
        count: outside.length,
        paths: outside.slice(0, LISTED).map(shown),
        ...(owners.size === 0 ? {} : { claimed: owners.size }),
      };
};

/** `a, b and 3 more` */
export const outsideText = ({ count, paths }: OutsideChanges): string =>
  paths.join(', ') + (count > paths.length ? ` and ${count - paths.length} more` : '');
