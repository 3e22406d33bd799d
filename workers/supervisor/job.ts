/** What `up` tells the supervisor that it starts. No secrets: it is on the command line. */
import { z } from 'zod';

const Job = z.object({
  home: z.string(),
  /** Program of the embedded server; absent when the user has a cluster. */
  binary: z.string().optional(),
  /** Ports that the user wants and no others. */
  ports: z.object({ port: z.number().int(), uiPort: z.number().int() }).partial(),
});
export type Job = z.infer<typeof Job>;

/** Exit code of a supervisor that found another one at work. */
export const ALREADY_SUPERVISED = 17;

export const parseJob = (text: string | undefined): Job => Job.parse(JSON.parse(text ?? ''));
