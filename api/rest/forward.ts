/**
 * What only the disk of a swarm's host can answer is asked there, when this API is on another machine: the same
 * request, with the same token, to the API beside the host's worker.
 */
import { existsSync } from 'node:fs';
import type { Request } from 'express';
import { DroverFailure } from '../../domain/failures.ts';
import { isSwarmId } from '../../domain/names.ts';
import { swarmDirectory } from '../../store/home.ts';
import { hostUrlOf } from '../../store/hosts.ts';
import type { Api } from './api.ts';

export interface ForwardedAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const FORWARDED = 'x-drover-forwarded';
const TIMEOUT_MS = 30_000;

/** @returns undefined when this API is to answer by itself: the disk is here, or nobody knows a better place */
export const askHost = async (api: Api, request: Request): Promise<ForwardedAnswer | undefined> => {
  const { swarmId } = request.params;
  if (typeof swarmId !== 'string' || !isSwarmId(swarmId) || request.get(FORWARDED) !== undefined)
    return undefined;
  if (existsSync(swarmDirectory(api.client.home, swarmId).hub)) return undefined;
  const url = await hostUrlOf(api.store, swarmId);
  if (url === undefined) return undefined;
  try {
    const answer = await fetch(`${url}${request.originalUrl}`, {
      headers: { authorization: `Bearer ${api.token}`, [FORWARDED]: '1' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return {
      status: answer.status,
      type: answer.headers.get('content-type') ?? 'application/json',
      body: await answer.text(),
    };
  } catch (error) {
    throw new DroverFailure('unavailable', `The host of swarm ${swarmId} does not answer at ${url}`, {
      hint: 'what its disk holds can be read when it is back; the swarm goes on from there by itself',
      cause: error,
    });
  }
};
