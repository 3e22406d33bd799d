/** The one way in which activities tell that they live, and where they are. */
import type { Context } from '@temporalio/activity';

/** Well under the heartbeat timeout of every activity. */
const HEARTBEAT_MS = 2_000;

/**
 * Heartbeats now and then with what `details` gives. A failure to tell the details is not one of the work.
 * @returns a function that ends it
 */
export const startHeartbeat = (context: Context, details: () => unknown = () => undefined): (() => void) => {
  const beat = async (): Promise<void> => context.heartbeat(await details());
  const tell = (): void => {
    beat().catch(() => context.heartbeat());
  };
  tell();
  const timer = setInterval(tell, HEARTBEAT_MS);
  return () => clearInterval(timer);
};
