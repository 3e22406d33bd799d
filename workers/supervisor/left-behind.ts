/**
 * What an earlier supervisor of the same home left behind when it was killed. Its processes are known from
 * `up.json`, and by a marker in their environment in case it died between starting one and writing that down.
 */
import { readFileSync } from 'node:fs';
import type { RunnerClaim } from '../../domain/agents/agent.ts';
import type { Home } from '../../store/home.ts';
import { isAlive } from '../../activities/process/identity.ts';
import { findMarked, valueIn } from '../../activities/process/sweep.ts';
import { recordedServices } from './services.ts';
import type { NodeServiceName } from './service-table.ts';

const MARKER = 'DROVER_SERVICE';

type ServiceKind = 'temporal' | NodeServiceName;

export const serviceMarker = (home: Home, kind: ServiceKind): Record<string, string> => ({
  [MARKER]: `${kind}:${home.root}`,
});

const carriesMarker = (pid: number, value: string): boolean => {
  try {
    return valueIn(readFileSync(`/proc/${pid}/environ`), MARKER) === value;
  } catch {
    return false;
  }
};

export const leftBehind = async (home: Home, kind: ServiceKind): Promise<readonly RunnerClaim[]> => {
  const recorded = (await recordedServices(home))?.[kind].process;
  const value = serviceMarker(home, kind)[MARKER] ?? '';
  // Descendants are found too, among them runners of agents; those are left alone.
  const marked = (await findMarked(new Set([value]), { variable: MARKER })).filter(({ pid }) =>
    carriesMarker(pid, value),
  );
  const known = recorded !== undefined && isAlive(recorded) ? [recorded] : [];
  return [...known, ...marked.filter(({ pid }) => pid !== recorded?.pid)];
};
