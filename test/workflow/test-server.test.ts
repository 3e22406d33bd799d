import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { msToTs } from '@temporalio/common/lib/time.js';
import { connectToTestServer, uniqueName, type TestTemporal } from '../support/temporal.ts';
import {
  ensureSearchAttributes,
  raiseRetention,
  SEARCH_ATTRIBUTE_TYPES,
  waitUntilHealthy,
} from '../../workers/temporal/namespace.ts';

let temporal: TestTemporal;
beforeAll(async () => {
  temporal = await connectToTestServer();
});
afterAll(() => temporal.close());

const knownAttributes = async (namespace: string): Promise<string[]> => {
  const { customAttributes } = await temporal.connection.operatorService.listSearchAttributes({ namespace });
  return Object.keys(customAttributes ?? {});
};

test('the embedded server knows the search attributes of Drover from its start', async () => {
  expect(await knownAttributes('default')).toEqual(
    expect.arrayContaining(Object.keys(SEARCH_ATTRIBUTE_TYPES)),
  );
});

test('a namespace of a cluster that Drover did not start gets the search attributes, once', async () => {
  const namespace = uniqueName('crew');
  await temporal.connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  expect(await waitUntilHealthy(temporal.connection, namespace, 10_000)).toBe(true);
  await ensureSearchAttributes(temporal.connection, namespace);
  await ensureSearchAttributes(temporal.connection, namespace);
  expect((await knownAttributes(namespace)).sort()).toEqual(Object.keys(SEARCH_ATTRIBUTE_TYPES).sort());
});

test('ended runs are kept for 30 days', async () => {
  await raiseRetention(temporal.connection, 'default');
  const { config } = await temporal.connection.workflowService.describeNamespace({ namespace: 'default' });
  expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 86_400);
});
