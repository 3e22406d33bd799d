// Finds the Temporal CLI that the tests and `drover up` will use, and gets it when there is none.
import { resolveTemporal } from '../workers/temporal/resolve.ts';

try {
  const server = await resolveTemporal({ env: process.env, onProgress: (line) => console.error(line) });
  console.log(
    server.kind === 'external'
      ? 'Temporal: the cluster of the environment'
      : `Temporal server ${server.binary.serverVersion}: ${server.binary.path} (${server.origin})`,
  );
} catch (error) {
  console.error(`${error.message}\n${error.hint ?? ''}`);
  process.exitCode = 1;
}
