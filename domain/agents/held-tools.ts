/** Which executors can be held to the tools of a role, and what is to be said of those that cannot. */
import type { ExecutorKind, ExecutorSettings } from '../swarm/settings.ts';
import { WRITING_TOOLS, type Role } from './roles.ts';

/** Codex reads by its shell; it is held to reading by a sandbox of its own that writes nothing. */
export const onlyReads = (tools: Role['tools']): boolean =>
  tools !== undefined && tools.every((tool) => tool !== 'run_command' && !WRITING_TOOLS.has(tool));

const HELD: ReadonlySet<ExecutorKind> = new Set<ExecutorKind>(['api', 'claude', 'gemini', 'agent-teams']);

/** Why an executor of this kind is not held to the tools of its role; undefined when it is, or when there are none. */
export const notHeld = (
  tools: Role['tools'],
  { kind, settings }: { readonly kind: ExecutorKind; readonly settings: ExecutorSettings | undefined },
): string | undefined => {
  if (tools === undefined || HELD.has(kind)) return undefined;
  if (kind === 'hybrid') return notHeld(tools, { kind: settings?.fallback ?? 'claude', settings: undefined });
  if (kind !== 'codex')
    return 'Drover knows nothing of its tools; what holds is "writes" of the role, and the sandbox of agents';
  return onlyReads(tools)
    ? undefined
    : 'Codex does everything by its shell; what holds is "writes" of the role, "permissions: edits" of the executor, and the sandbox of agents. Held to list_files, search and read_file alone, it is in a sandbox that writes nothing';
};
