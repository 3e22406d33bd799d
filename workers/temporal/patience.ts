/** A Temporal that may still be starting: waits for it, and makes its namespace fit for Drover. */
import { DroverFailure } from '../../domain/failures.ts';
import { lazyConnection, type TemporalTarget } from './connect.ts';
import { ensureSearchAttributes, waitUntilHealthy } from './namespace.ts';

const WAIT_MS = 60_000;

/** @throws DroverFailure `unavailable` when it does not answer for the namespace within a minute */
export const prepareTemporal = async (target: TemporalTarget): Promise<void> => {
  const connection = lazyConnection(target);
  try {
    const { namespace, address } = target;
    if (!(await waitUntilHealthy(connection, namespace, WAIT_MS)))
      throw new DroverFailure(
        'unavailable',
        `Temporal at ${address} does not answer for namespace ${namespace}`,
        {
          hint: 'check TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE, and that the namespace exists: temporal operator namespace create',
        },
      );
    await ensureSearchAttributes(connection, namespace);
  } finally {
    await connection.close();
  }
};
