/**
 * Places the tasks of a plan: what depends on each other is layered from left to right, what stands alone fills a
 * grid below. Pure; runs in a worker, because a thousand tasks take longer than a frame.
 */
import { graphlib, layout } from '@dagrejs/dagre';

export interface Outline {
  readonly id: string;
  readonly dependsOn: readonly string[];
}

export interface Place {
  readonly id: string;
  readonly x: number;
  readonly y: number;
}

export const NODE_WIDTH = 208;
export const NODE_HEIGHT = 68;
const GAP_X = 56;
const GAP_Y = 16;
/** From here on the faster of dagre's rankers, whose edges are a little longer. */
const MANY = 250;

const layered = (tasks: readonly Outline[]): readonly Place[] => {
  const graph = new graphlib.Graph();
  graph.setGraph({
    rankdir: 'LR',
    nodesep: GAP_Y,
    ranksep: GAP_X,
    ranker: tasks.length > MANY ? 'longest-path' : 'network-simplex',
  });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id } of tasks) graph.setNode(id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const { id, dependsOn } of tasks)
    for (const before of dependsOn) if (graph.hasNode(before)) graph.setEdge(before, id);
  layout(graph);
  return tasks.map(({ id }) => {
    const { x, y } = graph.node(id) as { x: number; y: number };
    return { id, x: x - NODE_WIDTH / 2, y: y - NODE_HEIGHT / 2 };
  });
};

/** As wide as what is above it, or in the shape of a screen when nothing is. */
const grid = (tasks: readonly Outline[], top: number, width: number): readonly Place[] => {
  const fitting = Math.floor((width + GAP_Y) / (NODE_WIDTH + GAP_Y));
  const columns = Math.max(1, fitting, Math.ceil(Math.sqrt(tasks.length / 2)));
  return tasks.map(({ id }, index) => ({
    id,
    x: (index % columns) * (NODE_WIDTH + GAP_Y),
    y: top + Math.floor(index / columns) * (NODE_HEIGHT + GAP_Y),
  }));
};

export const arrange = (tasks: readonly Outline[]): readonly Place[] => {
  const wanted = new Set(tasks.flatMap((task) => task.dependsOn));
  const tied = tasks.filter((task) => task.dependsOn.length > 0 || wanted.has(task.id));
  const alone = tasks.filter((task) => task.dependsOn.length === 0 && !wanted.has(task.id));
  const places = tied.length === 0 ? [] : layered(tied);
  const bottom = places.reduce((lowest, { y }) => Math.max(lowest, y + NODE_HEIGHT + 3 * GAP_Y), 0);
  const width = places.reduce((widest, { x }) => Math.max(widest, x + NODE_WIDTH), 0);
  return [...places, ...grid(alone, bottom, width)];
};
