/** Where the services are that the CLI talks to. */
import type { TemporalTarget } from '../api/client.ts';
import type { Cli } from './cli.ts';

export const temporalTarget = async (cli: Cli): Promise<TemporalTarget> => ({
  connection: { address: cli.env['TEMPORAL_ADDRESS'] ?? '127.0.0.1:7233' },
  namespace: 'default',
});
