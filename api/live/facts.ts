/** One event of a workflow's history as a plain fact with its payloads decoded. The one place that knows the protocol. */
import type { Client } from '@temporalio/client';
import {
  decodeArrayFromPayloads,
  decodeOptionalFailureToOptionalError,
} from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { temporal } from '@temporalio/proto';

export type HistoryEvent = temporal.api.history.v1.IHistoryEvent;
type Payloads = temporal.api.common.v1.IPayloads | null | undefined;
type Converter = Client['options']['loadedDataConverter'];

/** `ref` is the event that a result belongs to. */
export type Fact = { readonly id: number; readonly at: string } & (
  | {
      readonly kind: 'started';
      readonly input: unknown;
      readonly attributes: Attributes;
      readonly first: boolean;
    }
  | { readonly kind: 'stepStarted' }
  | { readonly kind: 'stepCompleted'; readonly ref: number }
  | { readonly kind: 'attributes'; readonly attributes: Attributes }
  | { readonly kind: 'signal'; readonly name: string; readonly payload: unknown }
  | { readonly kind: 'activity'; readonly name: string; readonly input: unknown }
  | { readonly kind: 'activityEnded'; readonly ref: number; readonly result: unknown }
  | { readonly kind: 'child'; readonly workflowId: string; readonly input: unknown }
  | { readonly kind: 'activityFailed'; readonly ref: number }
  | { readonly kind: 'childStarted'; readonly ref: number }
  | {
      readonly kind: 'childEnded';
      readonly ref: number;
      readonly how: 'completed' | 'failed' | 'cancelled';
      readonly result: unknown;
    }
  | { readonly kind: 'continued'; readonly runId: string }
  | {
      readonly kind: 'ended';
      readonly how: 'completed' | 'failed' | 'cancelled';
      readonly result: unknown;
      readonly reason: string;
    }
);

export type Attributes = Readonly<Record<string, unknown>>;

const attributesOf = (given: temporal.api.common.v1.ISearchAttributes | null | undefined): Attributes => {
  const entries = Object.entries(given?.indexedFields ?? {}).flatMap(([name, payload]) => {
    try {
      return [[name, JSON.parse(Buffer.from(payload.data ?? []).toString('utf8')) as unknown] as const];
    } catch {
      return [];
    }
  });
  return Object.fromEntries(entries);
};

const timeOf = (time: temporal.api.history.v1.IHistoryEvent['eventTime']): string =>
  new Date(Number(time?.seconds ?? 0) * 1_000 + Math.floor((time?.nanos ?? 0) / 1_000_000)).toISOString();

/** @returns undefined for events that say nothing to people */
export const factOf = async (event: HistoryEvent, converter: Converter): Promise<Fact | undefined> => {
  const first = async (payloads: Payloads): Promise<unknown> =>
    (await decodeArrayFromPayloads(converter, payloads?.payloads))[0];
  const base = { id: Number(event.eventId ?? 0), at: timeOf(event.eventTime) };
  const started = event.workflowExecutionStartedEventAttributes;
  if (started)
    return {
      ...base,
      kind: 'started',
      input: await first(started.input),
      attributes: attributesOf(started.searchAttributes),
      first: (started.continuedExecutionRunId ?? '') === '',
    };
  if (event.workflowTaskStartedEventAttributes) return { ...base, kind: 'stepStarted' };
  const step = event.workflowTaskCompletedEventAttributes;
  if (step) return { ...base, kind: 'stepCompleted', ref: Number(step.startedEventId) };
  const upserted = event.upsertWorkflowSearchAttributesEventAttributes;
  if (upserted) return { ...base, kind: 'attributes', attributes: attributesOf(upserted.searchAttributes) };
  const signal = event.workflowExecutionSignaledEventAttributes;
  if (signal) {
    // Anybody can send a signal with whatever in it.
    const payload = await first(signal.input).catch(() => undefined);
    return { ...base, kind: 'signal', name: signal.signalName ?? '', payload };
  }
  const scheduled = event.activityTaskScheduledEventAttributes;
  if (scheduled)
    return {
      ...base,
      kind: 'activity',
      name: scheduled.activityType?.name ?? '',
      input: await first(scheduled.input),
    };
  const done = event.activityTaskCompletedEventAttributes;
  if (done)
    return {
      ...base,
      kind: 'activityEnded',
      ref: Number(done.scheduledEventId),
      result: await first(done.result),
    };
  const broken = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
  if (broken) return { ...base, kind: 'activityFailed', ref: Number(broken.scheduledEventId) };
  return (await childFact(event, base, first)) ?? (await endFact(event, base, first, converter));
};

type Base = { readonly id: number; readonly at: string };
type First = (payloads: Payloads) => Promise<unknown>;

const childFact = async (event: HistoryEvent, base: Base, first: First): Promise<Fact | undefined> => {
  const initiated = event.startChildWorkflowExecutionInitiatedEventAttributes;
  if (initiated)
    return {
      ...base,
      kind: 'child',
      workflowId: initiated.workflowId ?? '',
      input: await first(initiated.input),
    };
  const begun = event.childWorkflowExecutionStartedEventAttributes;
  if (begun) return { ...base, kind: 'childStarted', ref: Number(begun.initiatedEventId) };
  const ended = (
    how: 'completed' | 'failed' | 'cancelled',
    attributes: { initiatedEventId?: unknown },
    result?: unknown,
  ): Fact => ({ ...base, kind: 'childEnded', ref: Number(attributes.initiatedEventId), how, result });
  const completed = event.childWorkflowExecutionCompletedEventAttributes;
  if (completed) return ended('completed', completed, await first(completed.result));
  const cancelled = event.childWorkflowExecutionCanceledEventAttributes;
  if (cancelled) return ended('cancelled', cancelled);
  const failed =
    event.childWorkflowExecutionFailedEventAttributes ??
    event.childWorkflowExecutionTerminatedEventAttributes ??
    event.childWorkflowExecutionTimedOutEventAttributes;
  return failed ? ended('failed', failed) : undefined;
};

const endFact = async (
  event: HistoryEvent,
  base: Base,
  first: First,
  converter: Converter,
): Promise<Fact | undefined> => {
  const continued = event.workflowExecutionContinuedAsNewEventAttributes;
  if (continued) return { ...base, kind: 'continued', runId: continued.newExecutionRunId ?? '' };
  const completed = event.workflowExecutionCompletedEventAttributes;
  if (completed)
    return { ...base, kind: 'ended', how: 'completed', result: await first(completed.result), reason: '' };
  const ended = (how: 'failed' | 'cancelled', reason: string): Fact => ({
    ...base,
    kind: 'ended',
    how,
    result: undefined,
    reason,
  });
  const failed = event.workflowExecutionFailedEventAttributes;
  if (failed) {
    const error = await decodeOptionalFailureToOptionalError(converter, failed.failure);
    return ended('failed', error?.message ?? '');
  }
  if (event.workflowExecutionCanceledEventAttributes) return ended('cancelled', '');
  const terminated = event.workflowExecutionTerminatedEventAttributes;
  if (terminated) return ended('failed', `terminated in Temporal: ${terminated.reason ?? ''}`);
  return event.workflowExecutionTimedOutEventAttributes
    ? ended('failed', 'timed out in Temporal')
    : undefined;
};
