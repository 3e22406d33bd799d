/** The task graph: each task coloured by its state, an edge from what it builds on. */
import {
  Background,
  Controls,
  Handle,
  MiniMap,
  Position,
  ReactFlow,
  type Edge,
  type Node,
  type NodeProps,
} from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { memo, useMemo } from 'react';
import type { TaskState, TaskView } from '../../../../domain/swarm/swarm.ts';
import { Icon } from '../../../parts/icon.tsx';
import { Loading } from '../../../parts/states.tsx';
import { Elapsed } from '../../../parts/time.tsx';
import { TASK_LOOKS } from '../../../parts/tones.ts';
import { NODE_HEIGHT, NODE_WIDTH } from './arrange.ts';
import './graph.css';
import { usePlaces } from './use-places.ts';

type TaskNode = Node<
  { readonly task: TaskView; readonly selected: boolean; readonly open: (taskId: string) => void },
  'task'
>;

const NodeBox = memo(({ data: { task, selected, open } }: NodeProps<TaskNode>) => {
  const look = TASK_LOOKS[task.state];
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <button
        type="button"
        className={`task-node edge-${look.tone}${selected ? ' selected' : ''}`}
        onClick={() => open(task.id)}
        title={task.title}
      >
        <span className={`task-icon tone-${look.tone}`}>
          <Icon name={look.icon} spin={task.state === 'in_progress'} />
        </span>
        <span className="task-title">{task.title}</span>
        <span className="task-sub">
          {look.label}
          {task.startedAt !== undefined && (
            <>
              {' · '}
              <Elapsed from={task.startedAt} to={task.endedAt} />
            </>
          )}
          {task.attempts > 1 && ` · try ${task.attempts}`}
        </span>
      </button>
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </>
  );
});

const NODE_TYPES = { task: NodeBox };

const edgeClass = (from: TaskState | undefined, to: TaskState): string => {
  if (to === 'in_progress' || to === 'assigned') return 'edge-lit';
  return from === 'completed' ? 'edge-done' : '';
};

const miniMapColour = (node: TaskNode): string => `var(--${TASK_LOOKS[node.data.task.state].tone})`;

/** Beyond this the small map is what one finds one's way by. */
const MAP_FROM = 30;

/** So many can be read when all of them are on the screen. */
const READABLE = 80;
const LOOKED_AT = 6;

/** Of a large graph, where the work is. */
const whereToLook = (nodes: readonly TaskNode[]): TaskNode[] => {
  const busy = nodes.filter(({ data: { task } }) => task.state === 'in_progress' || task.state === 'failed');
  return (busy.length > 0 ? busy : nodes).slice(0, LOOKED_AT);
};

export const TaskGraph = ({
  tasks,
  selected,
  open,
}: {
  readonly tasks: readonly TaskView[];
  readonly selected: string | undefined;
  readonly open: (taskId: string) => void;
}) => {
  const places = usePlaces(tasks);
  const nodes = useMemo(
    () =>
      tasks.flatMap((task): TaskNode[] => {
        const place = places?.get(task.id);
        if (place === undefined) return [];
        return [
          {
            id: task.id,
            type: 'task',
            position: { x: place.x, y: place.y },
            width: NODE_WIDTH,
            height: NODE_HEIGHT,
            data: { task, selected: task.id === selected, open },
          },
        ];
      }),
    [tasks, places, selected, open],
  );
  const edges = useMemo(() => {
    const states = new Map(tasks.map((task) => [task.id, task.state]));
    return tasks.flatMap((task) =>
      task.dependsOn.map((before): Edge => ({
        id: `${before}>${task.id}`,
        source: before,
        target: task.id,
        className: edgeClass(states.get(before), task.state),
      })),
    );
  }, [tasks]);
  if (places === undefined) return <Loading lines={6} />;
  const focus = nodes.length > READABLE ? whereToLook(nodes) : undefined;
  const bottom = nodes.reduce((lowest, node) => Math.max(lowest, node.position.y + NODE_HEIGHT), 0);
  return (
    // Not higher than what is in it needs, so that a flat graph leaves room for the rest of the page.
    <div className="graph" style={{ height: `clamp(300px, ${bottom + 150}px, 66vh)` }}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        fitView
        fitViewOptions={{ maxZoom: 1, padding: 0.08, ...(focus === undefined ? {} : { nodes: focus }) }}
        minZoom={0.05}
        maxZoom={1.5}
        onlyRenderVisibleElements
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        zoomOnDoubleClick={false}
        preventScrolling={false}
        zoomOnScroll={false}
        zoomActivationKeyCode={['Control', 'Meta']}
        proOptions={{ hideAttribution: true }}
        aria-label="Task graph"
      >
        <Background gap={24} size={1} color="var(--line)" />
        <Controls showInteractive={false} />
        {tasks.length >= MAP_FROM && (
          <MiniMap<TaskNode> nodeColor={miniMapColour} pannable zoomable ariaLabel="Small map of all tasks" />
        )}
      </ReactFlow>
    </div>
  );
};
