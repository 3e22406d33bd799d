import { describe, expect, test } from '@jest/globals';
import stringWidth from 'string-width';
import { frame } from '../../cli/follow/frame.ts';
import { changeLines } from '../../cli/follow/plain-lines.ts';
import type { Snapshot } from '../../cli/follow/snapshot.ts';
import { temporalSignal } from '../../cli/follow/temporal-signal.ts';
import { style } from '../../cli/output/style.ts';
import { swarmLines } from '../../cli/views/swarm-view.ts';
import type { Decision, SwarmView, TaskState, TaskView } from '../../domain/swarm/swarm.ts';
import { NO_USAGE } from '../../domain/models/usage.ts';

const START = '2026-01-01T10:00:00.000Z';
const look = { style: style(false), width: 100, now: Date.parse('2026-01-01T10:01:05.000Z') };
const hints = {
  temporalSignal: temporalSignal({ address: 'localhost:7233', namespace: 'default' }, 'demo-ab12'),
};

const task = (id: string, state: TaskState, more: Partial<TaskView> = {}): TaskView => ({
  id,
  title: id,
  state,
  priority: 2,
  dependsOn: [],
  attempts: state === 'pending' ? 0 : 1,
  note: '',
  usage: NO_USAGE,
  ...more,
});

const running = (id: string, agentId: string): TaskView =>
  task(id, 'in_progress', { agentId, startedAt: START });

const snapshot = (
  tasks: readonly TaskView[],
  more: Partial<SwarmView> = {},
  decisions: readonly Decision[] = [],
): Snapshot => {
  const count = (state: TaskState): number => tasks.filter((one) => one.state === state).length;
  return {
    tasks,
    decisions,
    fixers: [],
    view: {
      swarmId: 'demo-ab12',
      goal: 'Make it better',
      phase: 'executing',
      paused: false,
      parallelism: 3,
      repository: '/src/project',
      baseBranch: 'main',
      baseCommit: 'a'.repeat(40),
      host: 'h',
      directory: '/home/d/runs/run-demo-ab12',
      counts: {
        pending: count('pending'),
        assigned: count('assigned'),
        in_progress: count('in_progress'),
        completed: count('completed'),
        failed: count('failed'),
        timeout: count('timeout'),
        skipped: count('skipped'),
        cancelled: count('cancelled'),
      },
      openDecisions: decisions.length,
      usage: NO_USAGE,
      landed: 0,
      startedAt: START,
      warnings: [],
      ...more,
    },
  };
};

const conflict: Decision = {
  id: 'd1',
  kind: 'conflict',
  question: 'The branch of b does not merge.',
  approveMeans: 'An agent resolves it.',
  rejectMeans: 'The branch is left out.',
  taskIds: ['b'],
  detail: 'both change\n\u001b[31mREADME.md',
  openedAt: START,
};

describe('plain lines of a swarm that is followed', () => {
  test('say each change once and nothing when nothing changed', () => {
    const before = snapshot([task('a', 'pending'), task('b', 'pending')]);
    const after = snapshot([running('a', 'agent-0'), task('b', 'pending')]);
    expect(changeLines(undefined, before, hints, look)).toEqual(['── executing']);
    expect(changeLines(before, after, hints, look)).toEqual(['● a  running  agent-0']);
    expect(changeLines(after, structuredClone(after), hints, look)).toEqual([]);
  });

  test('a plan that waits is told with the commands that approve it, from Drover and from Temporal', () => {
    const waiting = snapshot([], {
      phase: 'awaiting_approval',
      plan: {
        version: 2,
        key: 'k',
        state: 'proposed',
        taskCount: 5,
        summary: '',
        changes: [],
        warnings: [],
        origin: 'model',
      },
    });
    const lines = changeLines(snapshot([], { phase: 'planning' }), waiting, hints, look);
    expect(lines).toContain('    drover approve demo-ab12');
    expect(lines).toContain(
      `    temporal workflow signal --address localhost:7233 --workflow-id demo-ab12 --name approvePlan --input '{"version":2}'`,
    );
  });

  test('a new decision is told with its detail, without the escapes in it', () => {
    const tasks = [running('a', 'agent-0')];
    const lines = changeLines(snapshot(tasks), snapshot(tasks, {}, [conflict]), hints, look);
    expect(lines).toContain('    README.md');
    expect(lines.join('\n')).toContain('drover decide demo-ab12 d1 approve');
  });

  test("a member's plan that waits for the person is told like any decision", () => {
    const tasks = [running('mender-1', 'agent-0')];
    const plan: Decision = { ...conflict, kind: 'plan', taskIds: ['mender-1'] };
    const lines = changeLines(snapshot(tasks), snapshot(tasks, {}, [plan]), hints, look);
    expect(lines.join('\n')).toContain('drover decide demo-ab12 d1 approve');
  });
});

describe('the live view', () => {
  const many = Array.from({ length: 200 }, (_, index) =>
    index === 150
      ? running(`t${index}`, 'agent-150')
      : task(`t${index}`, index < 150 ? 'completed' : 'pending'),
  );

  test('fits the terminal, and shows those at work before all others', () => {
    const text = frame({ snapshot: snapshot(many), lastWords: new Map(), look, height: 24 });
    const lines = text.split('\n');
    expect(lines.length).toBeLessThan(24);
    expect(lines.every((line) => stringWidth(line) <= look.width)).toBe(true);
    expect(text).toContain('t150');
    expect(text).toMatch(/… \d+ more: 150 completed, \d+ pending/);
  });

  test('shows what an agent at work did last', () => {
    const text = frame({
      snapshot: snapshot([running('a', 'agent-0')]),
      lastWords: new Map([['agent-0', '→ edit lib/text.ts']]),
      look,
      height: 24,
    });
    expect(text).toMatch(/● {2}a {5}running {2}agent-0 {2}1m 05s {2}→ edit lib\/text\.ts/);
  });

  test('says that it is reconnecting instead of pretending to be live', () => {
    const text = frame({
      snapshot: snapshot([running('a', 'agent-0')]),
      lastWords: new Map(),
      look,
      height: 24,
      reconnecting: 'The Temporal server does not answer',
    });
    expect(text).toContain('reconnecting… The Temporal server does not answer');
  });
});

describe('status of a swarm', () => {
  test('shows phase, tasks, why they failed, and how to answer what is open', () => {
    const tasks = [
      task('a', 'failed', { agentId: 'agent-0', attempts: 2, note: 'exit code 1\u0007', startedAt: START }),
      task('b', 'pending', { dependsOn: ['a'] }),
    ];
    const text = swarmLines(snapshot(tasks, { paused: true }, [conflict]), new Map(), look).join('\n');
    expect(text).toContain('executing, paused');
    expect(text).toMatch(/✗ {2}a {5}failed \(attempt 2\) {2}agent-0 {2}1m 05s {2}exit code 1$/m);
    expect(text).toContain('after a');
    expect(text).toContain('drover decide demo-ab12 d1 reject');
  });
});
