/** Answers an agent's questions whether it may: at once, by the executor's permissions, never by waiting for a person. */
import { isAbsolute, relative, resolve } from 'node:path';
import type { PermissionOption, RequestPermissionRequest, ToolKind } from '@agentclientprotocol/sdk';

export interface PermissionAnswer {
  readonly allowed: boolean;
  /** Undefined when the agent offers none that fits: the request then counts as cancelled. */
  readonly optionId: string | undefined;
}

/** What `edits` allows, within the workspace. */
const HARMLESS: ReadonlySet<ToolKind> = new Set(['read', 'edit', 'delete', 'move', 'search', 'think']);

const isWithin = (workspace: string, path: string): boolean => {
  const way = relative(workspace, resolve(workspace, path));
  return !way.startsWith('..') && !isAbsolute(way);
};

const isHarmless = ({ toolCall }: RequestPermissionRequest, workspace: string): boolean => {
  const { kind, locations, content } = toolCall;
  if (kind === undefined || kind === null || !HARMLESS.has(kind)) return false;
  const paths = [
    ...(locations ?? []).map(({ path }) => path),
    ...(content ?? []).flatMap((part) => (part.type === 'diff' ? [part.path] : [])),
  ];
  return paths.every((path) => isWithin(workspace, path));
};

/** Once is preferred where more is not needed: the next question is answered as fast. */
const firstOf = (
  options: readonly PermissionOption[],
  ...kinds: readonly PermissionOption['kind'][]
): string | undefined =>
  kinds
    .map((kind) => options.find((option) => option.kind === kind)?.optionId)
    .find((id) => id !== undefined);

export const answerPermission = (
  request: RequestPermissionRequest,
  permissions: 'all' | 'edits',
  workspace: string,
): PermissionAnswer => {
  const allowed = permissions === 'all' || isHarmless(request, workspace);
  const optionId = allowed
    ? firstOf(request.options, 'allow_once', 'allow_always')
    : firstOf(request.options, 'reject_once', 'reject_always');
  return { allowed: allowed && optionId !== undefined, optionId };
};
