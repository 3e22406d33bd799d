/** Which build directory an agent may have. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { takeBuildDirectory, type BuildDirectory } from '../../activities/process/build-directory.ts';
import type { AgentSpec } from '../../domain/agents/agent.ts';

/** Written before the first file of the checkout, and by nobody before the agent starts. */
const FIRST_FILE = join('.git', 'HEAD');

/** Git's index has the paths in full. */
const hasCargo = (workspace: string): boolean => {
  try {
    return readFileSync(join(workspace, '.git', 'index')).includes('Cargo.toml');
  } catch {
    return false;
  }
};

const madeAt = (workspace: string): number =>
  statSync(join(workspace, FIRST_FILE), { throwIfNoEntry: false })?.mtimeMs ?? 0;

export const agentBuildDirectory = (spec: AgentSpec, resumed: boolean): BuildDirectory => {
  // Locks and clocks count on one host only.
  const shares = spec.pod === undefined && hasCargo(spec.workspace);
  return takeBuildDirectory(shares ? spec.cache : undefined, {
    path: spec.workspace,
    madeAt: resumed ? 0 : madeAt(spec.workspace),
  });
};
