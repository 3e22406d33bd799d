/**
 * The most branches that can land together when some conflict with each other and some build on others. What has
 * nothing to do with each other is solved apart; each part exactly by branch and bound, within a budget of steps,
 * since the problem is hard. Pure and deterministic.
 */

export interface LandingNode {
  readonly id: string;
  readonly dependsOn: readonly string[];
}

/** Steps times branches, of all parts: about a second at most. Exact for some 30 branches that conflict all over. */
const BUDGET = 2_000_000;

type Choice = 'open' | 'in' | 'out';

/**
 * @param conflicts pairs of ids that cannot both land
 * @param known a set that lands, to be beaten
 * @returns a larger set than `known` if one was found, otherwise `known`
 */
export const largestLanding = (
  nodes: readonly LandingNode[],
  conflicts: readonly (readonly [string, string])[],
  known: ReadonlySet<string>,
): ReadonlySet<string> => {
  const parts = connectedParts(nodes, conflicts);
  const found = parts.flatMap((part) => {
    const ids = new Set(part.map((node) => node.id));
    const within = conflicts.filter(([a]) => ids.has(a));
    const landing = known.intersection(ids);
    if (landing.size === ids.size) return [...landing];
    return [...largestOfPart(part, within, landing, BUDGET / parts.length)];
  });
  return found.length > known.size ? new Set(found) : known;
};

/** Nodes that hang together by conflicts or dependencies. */
const connectedParts = (
  nodes: readonly LandingNode[],
  conflicts: readonly (readonly [string, string])[],
): readonly (readonly LandingNode[])[] => {
  const next = new Map(nodes.map((node) => [node.id, new Set<string>()]));
  const connect = (a: string, b: string): void => {
    if (!next.has(a) || !next.has(b)) return;
    next.get(a)?.add(b);
    next.get(b)?.add(a);
  };
  for (const [a, b] of conflicts) connect(a, b);
  for (const { id, dependsOn } of nodes) for (const other of dependsOn) connect(id, other);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const seen = new Set<string>();
  const parts: (readonly LandingNode[])[] = [];
  for (const start of [...byId.keys()].toSorted()) {
    if (seen.has(start)) continue;
    const part = new Set([start]);
    for (const id of part) for (const other of next.get(id) ?? []) part.add(other);
    for (const id of part) seen.add(id);
    parts.push([...part].flatMap((id) => byId.get(id) ?? []));
  }
  return parts;
};

const largestOfPart = (
  nodes: readonly LandingNode[],
  conflicts: readonly (readonly [string, string])[],
  known: ReadonlySet<string>,
  budget: number,
): ReadonlySet<string> => {
  const ids = nodes.map((node) => node.id).toSorted();
  const place = new Map(ids.map((id, index) => [id, index]));
  const placesOf = (names: readonly string[]): number[] => names.flatMap((name) => place.get(name) ?? []);
  const below = ids.map((): number[] => []);
  const above = ids.map((): number[] => []);
  for (const node of nodes)
    for (const dependency of placesOf(node.dependsOn))
      for (const dependent of placesOf([node.id])) {
        above[dependent]?.push(dependency);
        below[dependency]?.push(dependent);
      }
  const foes = ids.map(() => new Set<number>());
  for (const pair of conflicts) {
    const [a, b] = placesOf(pair);
    if (a === undefined || b === undefined) continue;
    foes[a]?.add(b);
    foes[b]?.add(a);
  }

  /** `start` and all that is reached from it; none of it needs recursion. */
  const reach = (start: number, edges: readonly (readonly number[])[]): Set<number> => {
    const found = new Set([start]);
    for (const next of found) for (const other of edges[next] ?? []) found.add(other);
    return found;
  };
  const leaveOut = (choices: Choice[], at: number): void => {
    for (const each of reach(at, below)) choices[each] = 'out';
  };
  const takeIn = (choices: Choice[], at: number): boolean => {
    const taken = reach(at, above);
    for (const each of taken) {
      if (choices[each] === 'out') return false;
      choices[each] = 'in';
    }
    for (const each of taken) for (const foe of foes[each] ?? []) if (!taken.has(foe)) leaveOut(choices, foe);
    return [...taken].every((each) => choices[each] === 'in');
  };
  /** The open node with the most open foes; undefined when all that are open can land. */
  const mostContested = (choices: readonly Choice[]): number | undefined => {
    let most = 0;
    let found: number | undefined;
    for (const [index, choice] of choices.entries()) {
      if (choice !== 'open') continue;
      let open = 0;
      for (const foe of foes[index] ?? []) if (choices[foe] === 'open') open += 1;
      if (open > most) [most, found] = [open, index];
    }
    return found;
  };

  let best = known;
  const stack: Choice[][] = [ids.map(() => 'open')];
  for (let step = 0; step < budget / ids.length; step += 1) {
    const choices = stack.pop();
    if (choices === undefined) break;
    const possible = choices.filter((choice) => choice !== 'out').length;
    if (possible <= best.size) continue;
    const contested = mostContested(choices);
    if (contested === undefined) {
      best = new Set(ids.filter((_, index) => choices[index] !== 'out'));
      continue;
    }
    const without = choices.slice();
    leaveOut(without, contested);
    const taken = choices.slice();
    if (takeIn(taken, contested)) stack.push(taken);
    stack.push(without);
  }
  return best;
};
