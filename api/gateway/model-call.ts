/**
 * The life of one call to a model: whose is it, may it be made, is there money, is there room in the rate limit;
 * then it is made, handed on as it comes, and settled. Whatever happens on the way, a reservation is settled.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AnswerRoute, ModelFamily } from '../../domain/models/family.ts';
import type { KnownAgent } from '../../store/agent-tokens.ts';
import { admit } from './admission.ts';
import type { GatewayDeps } from './deps.ts';
import { requestHeaders } from './headers.ts';
import { CutAnswer, passAnswer, readAnswer } from './pass-answer.ts';
import { refuse, type Refusal } from './refusal.ts';
import { readBody, BodyTooLarge } from './request-body.ts';
import { release, reserve, settle, type Call, type Reservation } from './reservation.ts';
import { NoAnswer, type Outgoing } from './send.ts';
import { createUsageMeter, type UsageMeter } from './usage-meter.ts';

const MAX_BODY = 32 * 1024 * 1024;
/** A token of a prompt has some four bytes; for rate limits a guess is enough. */
const BYTES_PER_TOKEN = 4;
/** Tries to reach a provider that cannot be reached. */
const CONNECT_TRIES = 3;

export interface Asked {
  readonly agent: KnownAgent;
  readonly family: ModelFamily;
  /** Path and query without the gateway's prefix and without a key. */
  readonly path: string;
  readonly query: string;
  readonly ownLogin: boolean;
}

interface Exchange extends Asked {
  readonly deps: GatewayDeps;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly startedAt: number;
}

const isRefusal = (value: object): value is Refusal => 'reason' in value;

/** 429 and 529 say to come again; Gemini says it with 503. */
const isBusy = (status: number, family: ModelFamily): boolean =>
  status === 429 || status === 529 || (status === 503 && family.name === 'gemini');

const NO_KEY = (family: ModelFamily): Refusal => ({
  status: 403,
  reason: 'key',
  message: `Drover's gateway has no key for ${family.name}. Set ${family.name.toUpperCase()}_API_KEY and start Drover again (drover down, drover up)`,
});

const outgoing = async (exchange: Exchange, body: Buffer | undefined): Promise<Outgoing | Refusal> => {
  const { deps, family, request, path, query, ownLogin } = exchange;
  const key = ownLogin ? {} : await deps.keys.headers(family.name);
  if (key === undefined) return NO_KEY(family);
  return {
    url: new URL(`${deps.upstreams[family.name].baseUrl}${path}${query}`),
    method: request.method ?? 'GET',
    headers: { ...requestHeaders(request.headers, { ownLogin }), ...key },
    ...(body === undefined ? {} : { body }),
  };
};

/** The header of an answer; Gemini says in the body when to come again. */
const headerReader = (answer: IncomingMessage, body: Buffer) => {
  const delay = /"retryDelay"\s*:\s*"(\d+(?:\.\d+)?)s"/.exec(body.toString('utf8', 0, 20_000))?.[1];
  return (name: string): string | undefined => {
    const value = answer.headers[name];
    const text = Array.isArray(value) ? value[0] : value;
    return text ?? (name === 'retry-after' ? delay : undefined);
  };
};

/** Clients give up a long wait without a word on how long it is; the provider's message they do show. */
const withWait = (body: Buffer, seconds: number): Buffer => {
  try {
    const refusal = JSON.parse(body.toString()) as { readonly error?: { readonly message?: unknown } };
    if (typeof refusal.error?.message !== 'string') return body;
    const message = `${refusal.error.message} (try again in ${seconds} s)`;
    return Buffer.from(JSON.stringify({ ...refusal, error: { ...refusal.error, message } }));
  } catch {
    return body;
  }
};

/** What an agent is told instead of the provider's own words about a key that is not the agent's. */
const passRefusal = (exchange: Exchange, answer: IncomingMessage, body: Buffer): void => {
  const { response, family, ownLogin } = exchange;
  const status = answer.statusCode ?? 502;
  if (status === 401 && !ownLogin)
    return refuse(response, family, {
      status,
      reason: 'key',
      message: `The provider refused the key of Drover's gateway for ${family.name}; set a valid one and start Drover again (drover down, drover up)`,
    });
  const told = Object.entries(answer.headers).filter(
    ([name]) =>
      name === 'content-type' ||
      name === 'x-should-retry' ||
      name === 'request-id' ||
      name.startsWith('retry-after') ||
      name.includes('ratelimit'),
  );
  const wait = isBusy(status, family) ? Math.ceil(Number(headerReader(answer, body)('retry-after'))) : 0;
  const words = wait > 0 ? withWait(body, wait) : body;
  response.writeHead(status, { ...Object.fromEntries(told), 'content-length': words.length });
  response.end(words);
};

interface Sent {
  readonly answer: IncomingMessage;
  readonly reservation: Reservation;
  /** To be called at the answer's first byte, when the prompt has been read. */
  readonly begun: () => void;
}

/** Sends the call, again and again while patience lasts. @returns the answer that is to be handed on */
const sendUntilAnswered = async (
  exchange: Exchange,
  call: Call,
  bucket: string,
): Promise<Sent | Refusal | undefined> => {
  const { deps, family, response } = exchange;
  const { admitted, agent, signal } = call;
  const need = { tokens: Math.ceil(admitted.body.length / BYTES_PER_TOKEN) };
  for (let refusals = 1, broken = 1; ;) {
    await deps.limiter.acquire(bucket, `${agent.swarmId}/${agent.agentId}`, need, signal);
    const begun = await deps.warmUp.enter(admitted.facts, signal);
    let answered = false;
    try {
      const reservation = await reserve(deps, call);
      if (isRefusal(reservation)) return reservation;
      const request = await outgoing(exchange, admitted.body);
      if (isRefusal(request)) {
        await release(deps, reservation, 0);
        return request;
      }
      let answer: IncomingMessage;
      try {
        answer = await deps.send(request, signal);
      } catch (error) {
        deps.metrics.called(family.name, admitted.facts.model, 0);
        if (!(error instanceof NoAnswer) || error.mayCost) {
          await settle(deps, call, reservation, family.usage(), 0);
          throw error;
        }
        await release(deps, reservation, 0);
        if (broken++ >= CONNECT_TRIES || performance.now() > call.holdUntil) throw error;
        deps.limiter.refused(bucket, () => undefined, broken);
        continue;
      }
      const status = answer.statusCode ?? 0;
      deps.metrics.called(family.name, admitted.facts.model, status);
      if (status < 400) {
        deps.limiter.observe(bucket, headerReader(answer, Buffer.alloc(0)));
        answered = true;
        return { answer, reservation, begun };
      }
      await release(deps, reservation, status);
      const body = await readAnswer(answer, deps.patience.stallMs);
      if (isBusy(status, family)) {
        const pause = deps.limiter.refused(bucket, headerReader(answer, body), refusals++);
        if (performance.now() + pause < call.holdUntil) continue;
      }
      if (!response.destroyed) passRefusal(exchange, answer, body);
      return undefined;
    } finally {
      // There is no answer that the wave should wait for.
      if (!answered) begun();
    }
  }
};

const meteredCall = async (
  exchange: Exchange,
  route: AnswerRoute,
  body: Buffer,
  signal: AbortSignal,
): Promise<Refusal | undefined> => {
  const { deps, agent, family, ownLogin, response } = exchange;
  const admitted = admit({ agent, family, route, body, ownLogin });
  if (isRefusal(admitted)) return admitted;
  const call: Call = {
    agent,
    family,
    admitted,
    ownLogin,
    signal,
    holdUntil: exchange.startedAt + deps.patience.holdMs,
  };
  const bucket = `${family.name}/${ownLogin ? agent.agentId : 'key'}/${admitted.facts.model}`;
  const sent = await sendUntilAnswered(exchange, call, bucket);
  if (sent === undefined || isRefusal(sent)) return sent;
  const { answer, reservation, begun } = sent;
  const meter: UsageMeter = createUsageMeter(family);
  let cost: number | undefined;
  const count = async (): Promise<void> => {
    cost ??= await settle(deps, call, reservation, meter.reader, answer.statusCode ?? 0);
  };
  try {
    await passAnswer({
      answer,
      response,
      meter,
      stallMs: deps.patience.stallMs,
      onCounted: count,
      onFirstByte: () => {
        begun();
        deps.metrics.firstByte(family.name, (performance.now() - exchange.startedAt) / 1_000);
      },
    });
  } finally {
    begun();
    await count();
    answer.destroy();
    deps.requestLog({
      swarmId: agent.swarmId,
      agentId: agent.agentId,
      family: family.name,
      path: exchange.path,
      model: admitted.facts.model,
      status: answer.statusCode ?? 0,
      ownLogin,
      costMicros: cost ?? 0,
      inputTokens: meter.reader.counts?.inputTokens ?? 0,
      outputTokens: meter.reader.counts?.outputTokens ?? 0,
      headers: Object.keys(exchange.request.headers),
      ms: Math.round(performance.now() - exchange.startedAt),
    });
  }
  return undefined;
};

/** Lists of models and counts of tokens: handed on, at no cost. */
const freeCall = async (
  exchange: Exchange,
  body: Buffer,
  signal: AbortSignal,
): Promise<Refusal | undefined> => {
  const { deps, family, response } = exchange;
  const request = await outgoing(exchange, body.length === 0 ? undefined : body);
  if (isRefusal(request)) return request;
  const answer = await deps.send(request, signal);
  if ((answer.statusCode ?? 500) >= 400) {
    passRefusal(exchange, answer, await readAnswer(answer, deps.patience.stallMs));
    return undefined;
  }
  await passAnswer({
    answer,
    response,
    meter: createUsageMeter(family),
    stallMs: deps.patience.stallMs,
    onCounted: () => Promise.resolve(),
    onFirstByte: () => undefined,
  });
  return undefined;
};

/** Why the call did not come to its end, for the agent. */
const troubleOf = (error: unknown, family: ModelFamily): Refusal => {
  if (error instanceof BodyTooLarge) return { status: 413, reason: 'size', message: error.message };
  const status = family.name === 'anthropic' ? 529 : 503;
  if (error instanceof NoAnswer || error instanceof CutAnswer)
    return {
      status,
      reason: 'upstream',
      retryAfter: 5,
      message: `The provider of ${family.name} cannot be reached: ${error.message}`,
    };
  return { status: 500, reason: 'internal', retryAfter: 5, message: "Drover's gateway failed at this call" };
};

export const serveModelCall = async (
  deps: GatewayDeps,
  request: IncomingMessage,
  response: ServerResponse,
  asked: Asked,
): Promise<void> => {
  const { family } = asked;
  const exchange: Exchange = { ...asked, deps, request, response, startedAt: performance.now() };
  const ended = new AbortController();
  const timer = setTimeout(() => ended.abort(new CutAnswer('the call took too long')), deps.patience.callMs);
  response.once('close', () => ended.abort(new CutAnswer('the agent is gone')));
  try {
    const route = family.route(request.method ?? '', asked.path);
    const refusal =
      route === undefined
        ? {
            status: 404,
            reason: 'path',
            message: `Drover's gateway does not offer ${request.method} ${asked.path.slice(0, 200)}`,
          }
        : route.kind === 'free'
          ? await freeCall(exchange, await readBody(request, MAX_BODY), ended.signal)
          : await meteredCall(exchange, route, await readBody(request, MAX_BODY), ended.signal);
    if (refusal === undefined) return;
    deps.metrics.refused(refusal.reason);
    refuse(response, family, refusal);
  } catch (error) {
    if (response.destroyed) return;
    const refusal = troubleOf(error, family);
    if (refusal.reason === 'internal') deps.onError(error);
    deps.metrics.refused(refusal.reason);
    refuse(response, family, refusal);
  } finally {
    clearTimeout(timer);
  }
};
