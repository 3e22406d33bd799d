/**
 * The graph that tasks and their dependencies make. Nothing here recurses: a chain of 10,000 tasks is a plan
 * like any other. A dependency on an id that is not there counts as none; `problems.ts` reports it.
 */

export interface GraphNode {
  readonly id: string;
  readonly dependsOn: readonly string[];
}

const byId = <T extends GraphNode>(nodes: readonly T[]): Map<string, T> =>
  new Map(nodes.map((node) => [node.id, node]));

/**
 * A cycle, as the ids along it with the first repeated at the end (`['a', 'b', 'a']`: a waits for b, b for a), or
 * undefined when there is none.
 */
export const findCycle = (nodes: readonly GraphNode[]): readonly string[] | undefined => {
  const known = byId(nodes);
  const done = new Set<string>();
  for (const start of nodes) {
    if (done.has(start.id)) continue;
    const path: { readonly node: GraphNode; next: number }[] = [{ node: start, next: 0 }];
    const onPath = new Set([start.id]);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const dependency = top.node.dependsOn[top.next];
      top.next += 1;
      if (dependency === undefined) {
        done.add(top.node.id);
        onPath.delete(top.node.id);
        path.pop();
      } else if (onPath.has(dependency)) {
        const ids = path.map((step) => step.node.id);
        return [...ids.slice(ids.indexOf(dependency)), dependency];
      } else {
        const node = known.get(dependency);
        if (node === undefined || done.has(dependency)) continue;
        path.push({ node, next: 0 });
        onPath.add(dependency);
      }
    }
  }
  return undefined;
};

/** For each id, the ids of the tasks that wait for it directly. */
export const dependentsOf = (nodes: readonly GraphNode[]): ReadonlyMap<string, readonly string[]> => {
  const dependents = new Map<string, string[]>(nodes.map((node) => [node.id, []]));
  for (const node of nodes)
    for (const dependency of new Set(node.dependsOn)) dependents.get(dependency)?.push(node.id);
  return dependents;
};

/**
 * The ids in an order in which each comes after all that it waits for; among those that could come next, the
 * order of `nodes`, level by level. Nodes on a cycle or behind one are left out.
 */
export const topologicalOrder = (nodes: readonly GraphNode[]): readonly string[] => {
  const known = byId(nodes);
  const dependents = dependentsOf(nodes);
  const waiting = new Map(
    nodes.map((node) => [node.id, new Set(node.dependsOn.filter((id) => known.has(id))).size]),
  );
  const order = nodes.filter((node) => waiting.get(node.id) === 0).map((node) => node.id);
  for (let at = 0; at < order.length; at += 1)
    for (const dependent of dependents.get(order[at] ?? '') ?? []) {
      const left = (waiting.get(dependent) ?? 0) - 1;
      waiting.set(dependent, left);
      if (left === 0) order.push(dependent);
    }
  return order;
};

/** All that wait for one of `ids`, directly or through others; `ids` themselves only if they wait for each other. */
export const transitiveDependents = (
  nodes: readonly GraphNode[],
  ids: Iterable<string>,
): ReadonlySet<string> => {
  const dependents = dependentsOf(nodes);
  const found = new Set<string>();
  const open = [...ids];
  for (let id = open.pop(); id !== undefined; id = open.pop())
    for (const dependent of dependents.get(id) ?? [])
      if (!found.has(dependent)) {
        found.add(dependent);
        open.push(dependent);
      }
  return found;
};

/**
 * The chain of dependencies that takes longest: no number of agents finishes the plan sooner.
 * @param weight duration of a task, in any unit; 1 each when absent
 */
export const criticalPath = (
  nodes: readonly GraphNode[],
  weight: (id: string) => number = () => 1,
): { readonly ids: readonly string[]; readonly length: number } => {
  const known = byId(nodes);
  const finish = new Map<string, number>();
  const before = new Map<string, string>();
  let last: string | undefined;
  for (const id of topologicalOrder(nodes)) {
    const dependencies = (known.get(id)?.dependsOn ?? []).filter((dependency) => finish.has(dependency));
    const latest = dependencies.reduce<string | undefined>(
      (best, dependency) =>
        best === undefined || (finish.get(dependency) ?? 0) > (finish.get(best) ?? 0) ? dependency : best,
      undefined,
    );
    if (latest !== undefined) before.set(id, latest);
    finish.set(id, (latest === undefined ? 0 : (finish.get(latest) ?? 0)) + weight(id));
    if (last === undefined || (finish.get(id) ?? 0) > (finish.get(last) ?? 0)) last = id;
  }
  const ids: string[] = [];
  for (let id = last; id !== undefined; id = before.get(id)) ids.push(id);
  return { ids: ids.toReversed(), length: last === undefined ? 0 : (finish.get(last) ?? 0) };
};

/**
 * A test of whether one task comes before another in every schedule. Costs a bit per pair of tasks, 12.5 MB for
 * 10,000.
 * @returns `(a, b)`: does one of the two wait for the other, directly or through others?
 */
export const orderedPairs = (nodes: readonly GraphNode[]): ((a: string, b: string) => boolean) => {
  const known = byId(nodes);
  const order = topologicalOrder(nodes);
  const place = new Map(order.map((id, index) => [id, index]));
  const words = Math.ceil(order.length / 32);
  const ancestors = new Uint32Array(words * order.length);
  for (const [row, id] of order.entries())
    for (const dependency of known.get(id)?.dependsOn ?? []) {
      const other = place.get(dependency);
      if (other === undefined) continue;
      for (let word = 0; word < words; word += 1)
        ancestors[row * words + word]! |= ancestors[other * words + word]!;
      ancestors[row * words + (other >> 5)]! |= 1 << (other & 31);
    }
  const waits = (row: number, other: number): boolean =>
    (ancestors[row * words + (other >> 5)]! & (1 << (other & 31))) !== 0;
  return (a, b) => {
    const first = place.get(a);
    const second = place.get(b);
    if (first === undefined || second === undefined) return true;
    return waits(first, second) || waits(second, first);
  };
};
