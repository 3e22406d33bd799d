/** Files that agents claim, so that two of them do not work on one file, and artifacts that they share. */
import type { FileClaims, FileClaimsResult, ShareArtifact } from '../../domain/protocol.ts';
import type { SwarmState } from './state.ts';

const MAX_PATHS = 200;
const MAX_PATH_LENGTH = 1_000;
const MAX_CLAIMS = 5_000;
const MAX_SHARED = 500;
const MAX_NAME_LENGTH = 200;

const AGENT = /^agent-(\d+)(?:\.\d+)?$/;

/** The attempts at one task are one owner: the next one takes over what the last one held. */
const ordinalOf = (agent: string): string | undefined => AGENT.exec(agent)?.[1];

const isText = (value: unknown, max: number): boolean =>
  typeof value === 'string' && value.length > 0 && value.length <= max;

const atWork = (state: SwarmState, agent: unknown): boolean =>
  typeof agent === 'string' && state.children.some((child) => `${child.ordinal}` === ordinalOf(agent));

export const claimsProblem = (state: SwarmState, input: FileClaims): string | undefined => {
  const paths: unknown = input?.paths;
  if (!Array.isArray(paths) || paths.length === 0 || paths.length > MAX_PATHS)
    return `Give 1 to ${MAX_PATHS} paths at once`;
  if (!paths.every((path) => isText(path, MAX_PATH_LENGTH)))
    return `Each path is a text of 1 to ${MAX_PATH_LENGTH} characters`;
  if (Object.keys(state.claims).length + paths.length > MAX_CLAIMS)
    return `There are ${MAX_CLAIMS} claims already; release some first`;
  return atWork(state, input.agentId) ? undefined : 'No such agent is at work in this swarm';
};

export const claimFiles = (state: SwarmState, { agentId, paths }: FileClaims): FileClaimsResult => {
  const claimed: string[] = [];
  const refused: { path: string; owner: string }[] = [];
  for (const path of new Set(paths)) {
    const owner = Object.hasOwn(state.claims, path) ? state.claims[path] : undefined;
    if (owner !== undefined && ordinalOf(owner) !== ordinalOf(agentId)) refused.push({ path, owner });
    else {
      state.claims = { ...state.claims, [path]: agentId };
      claimed.push(path);
    }
  }
  return { claimed, refused };
};

/** @returns what the agent still holds of `paths`: nothing, and what others hold */
export const releaseFiles = (state: SwarmState, { agentId, paths }: FileClaims): FileClaimsResult => {
  const named = new Set(paths);
  const claims = Object.entries(state.claims);
  const foreign = claims.filter(
    ([path, owner]) => named.has(path) && ordinalOf(owner) !== ordinalOf(agentId),
  );
  state.claims = Object.fromEntries(
    claims.filter(([path, owner]) => !named.has(path) || ordinalOf(owner) !== ordinalOf(agentId)),
  );
  return { claimed: [], refused: foreign.map(([path, owner]) => ({ path, owner })) };
};

/** The claims of all attempts at a task that has ended. */
export const releaseAll = (state: SwarmState, ordinal: number): void => {
  state.claims = Object.fromEntries(
    Object.entries(state.claims).filter(([, owner]) => ordinalOf(owner) !== `${ordinal}`),
  );
};

export const sharedProblem = (state: SwarmState, input: ShareArtifact): string | undefined => {
  if (!isText(input?.name, MAX_NAME_LENGTH) || !isText(input?.key, MAX_NAME_LENGTH))
    return `Name and key are texts of 1 to ${MAX_NAME_LENGTH} characters`;
  if (Object.keys(state.shared).length >= MAX_SHARED && !Object.hasOwn(state.shared, input.name))
    return `There are ${MAX_SHARED} shared artifacts already`;
  return atWork(state, input.agentId) ? undefined : 'No such agent is at work in this swarm';
};

export const shareArtifact = (state: SwarmState, { agentId, name, key }: ShareArtifact): void => {
  state.shared = { ...state.shared, [name]: { agentId, key } };
};
