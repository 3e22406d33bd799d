/** Makes a Temporal namespace fit for Drover: it answers, keeps runs long enough, knows the search attributes. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { DroverFailure } from '../../domain/failures.ts';
import { SEARCH_ATTRIBUTES } from '../../domain/protocol.ts';

/** Of the API's `IndexedValueType`. */
const TYPE_NUMBERS = { Keyword: 2, Double: 4, Bool: 5 } as const;

/** Every search attribute of Drover with its type, as the server's start flag wants it. */
export const SEARCH_ATTRIBUTE_TYPES: Readonly<Record<string, keyof typeof TYPE_NUMBERS>> = {
  [SEARCH_ATTRIBUTES.phase]: 'Keyword',
  [SEARCH_ATTRIBUTES.repository]: 'Keyword',
  [SEARCH_ATTRIBUTES.awaitingDecision]: 'Bool',
  [SEARCH_ATTRIBUTES.costUsd]: 'Double',
};

/** The dev server forgets ended runs after one day; a report should be there after the holidays. */
const RETENTION_MS = 30 * 24 * 3_600_000;
const CALL_TIMEOUT_MS = 2_000;
const POLL_MS = 50;

const call = async <T>(connection: Connection, run: () => Promise<T>): Promise<T> =>
  connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, run);

/** One question: does the namespace answer? */
export const isHealthy = async (connection: Connection, namespace: string): Promise<boolean> => {
  try {
    await call(connection, () => connection.workflowService.describeNamespace({ namespace }));
    return true;
  } catch {
    return false;
  }
};

/**
 * @param given what else may end the wait: true to give up at once, such as when the server's process has ended
 * @returns false when time ran out or `given` said so
 */
export const waitUntilHealthy = async (
  connection: Connection,
  namespace: string,
  timeoutMs: number,
  given: () => boolean = () => false,
): Promise<boolean> => {
  const end = Date.now() + timeoutMs;
  while (Date.now() < end && !given()) {
    if (await isHealthy(connection, namespace)) return true;
    await sleep(POLL_MS);
  }
  return false;
};

type Missing = readonly (readonly [string, keyof typeof TYPE_NUMBERS])[];

const missingAttributes = async (connection: Connection, namespace: string): Promise<Missing> => {
  const known = await call(connection, () => connection.operatorService.listSearchAttributes({ namespace }));
  return Object.entries(SEARCH_ATTRIBUTE_TYPES).filter(
    ([name]) => known.customAttributes?.[name] === undefined,
  );
};

/** Registers the search attributes that the namespace lacks. Needed on clusters that Drover does not start. */
export const ensureSearchAttributes = async (connection: Connection, namespace: string): Promise<void> => {
  const missing = await missingAttributes(connection, namespace);
  if (missing.length === 0) return;
  try {
    await call(connection, () =>
      connection.operatorService.addSearchAttributes({
        namespace,
        searchAttributes: Object.fromEntries(missing.map(([name, type]) => [name, TYPE_NUMBERS[type]])),
      }),
    );
  } catch (error) {
    // Another process may have been faster.
    if ((await missingAttributes(connection, namespace)).length === 0) return;
    const flags = missing.map(([name, type]) => `--name ${name} --type ${type}`).join(' ');
    throw new DroverFailure(
      'unavailable',
      `The search attributes of Drover cannot be registered in namespace ${namespace}: ${String(error)}`,
      {
        hint: `let its administrator run: temporal operator search-attribute create --namespace ${namespace} ${flags}`,
        cause: error,
      },
    );
  }
};

/** Lets ended runs be kept for 30 days. Only for the embedded server: elsewhere it is the administrator's choice. */
export const raiseRetention = async (connection: Connection, namespace: string): Promise<void> => {
  await call(connection, () =>
    connection.workflowService.updateNamespace({
      namespace,
      config: { workflowExecutionRetentionTtl: msToTs(RETENTION_MS) },
    }),
  );
};
