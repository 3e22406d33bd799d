/** The one way in which activities tell that they live, and where they are. */
import type { Context } from '@temporalio/activity';

/** Well under the heartbeat timeout of every activity. */
const HEARTBEAT_MS = 2_000;

/** Activities that heartbeat with details of their own. */
const speaking = new WeakSet<Context>();

/**
 * Heartbeats for an activity that does not do so itself, so that the death of a worker in the middle of the
 * shortest of them is noticed within seconds and not after its time limit.
 * @returns a function that ends it
 */
export const keepAlive = (context: Context): (() => void) => {
  const timer = setInterval(() => {
    if (!speaking.has(context)) context.heartbeat();
  }, HEARTBEAT_MS);
  return () => clearInterval(timer);
};

/**
 * Heartbeats now and then with what `details` gives. A failure to tell the details is not one of the work.
 * @returns a function that ends it
 */
export const startHeartbeat = (context: Context, details: () => unknown = () => undefined): (() => void) => {
  speaking.add(context);
  const beat = async (): Promise<void> => context.heartbeat(await details());
  const tell = (): void => {
    beat().catch(() => context.heartbeat());
  };
  tell();
  const timer = setInterval(tell, HEARTBEAT_MS);
  return () => clearInterval(timer);
};
