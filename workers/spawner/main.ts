/** Entry of the spawner: starts programs for the worker, whose size makes that dear, and ends with it. */
import { runProgramHere } from '../../activities/process/program.ts';
import type { SpawnerAnswer, SpawnerOrder } from '../../activities/process/spawner.ts';
import { errorCode } from '../../store/files.ts';

const running = new Map<number, AbortController>();

const answer = (message: SpawnerAnswer): void => {
  if (process.connected) process.send?.(message);
};

const run = async ({ id, run: request }: Extract<SpawnerOrder, { run: unknown }>): Promise<void> => {
  const controller = new AbortController();
  running.set(id, controller);
  try {
    answer({ id, result: await runProgramHere(request, controller.signal) });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const code = errorCode(error);
    answer({ id, error: { message, ...(code === undefined ? {} : { code }) } });
  } finally {
    running.delete(id);
  }
};

process.on('message', (message) => {
  const order = message as SpawnerOrder;
  if ('run' in order) void run(order);
  else running.get(order.id)?.abort();
});
process.on('disconnect', () => process.exit());
// The worker's end is the spawner's; a signal to the terminal's whole group is for the worker to act on.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
