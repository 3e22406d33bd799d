/**
 * The kinds of failure, sorted by whose fault they are. Activities throw `DroverFailure`; one mapper turns it
 * into Temporal's ApplicationFailure, one table into exit codes (and later HTTP statuses).
 */

export const FAILURE_TYPES = {
  /** The input is wrong; the person must change it. */
  invalidInput: { retryable: false, exitCode: 2 },
  /** The repository cannot be used as it is. */
  repositoryUnusable: { retryable: false, exitCode: 3 },
  /** No such swarm, task, agent or decision. */
  notFound: { retryable: false, exitCode: 4 },
  /** It is not possible in the state things are in. */
  wrongState: { retryable: false, exitCode: 5 },
  /** Something Drover needs is not there: Temporal, a key, a program. */
  unavailable: { retryable: true, exitCode: 6 },
  /** The disk, memory or file handles are used up. */
  resourcesExhausted: { retryable: true, exitCode: 7 },
  /** The model refused or failed for good. */
  model: { retryable: false, exitCode: 8 },
  /** A stale attempt tried to write; somebody newer owns the work. */
  superseded: { retryable: false, exitCode: 9 },
  /** A tool broke: git, a process, the file system. */
  toolBroken: { retryable: true, exitCode: 10 },
} as const;

export type FailureType = keyof typeof FAILURE_TYPES;

/** An error that says what happened, why, and what to do. */
export class DroverFailure extends Error {
  readonly type: FailureType;
  /** What the person can do about it. */
  readonly hint: string;

  constructor(type: FailureType, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DroverFailure';
    this.type = type;
    this.hint = options.hint ?? '';
  }
}

/** `text` cut to `max` characters, keeping both ends, with what was left out counted in the middle. */
export const cap = (text: string, max: number): string => {
  if (text.length <= max) return text;
  const notice = (left: number): string => `\n… ${left} characters left out …\n`;
  const room = Math.max(0, max - notice(text.length).length);
  const head = Math.ceil(room / 2);
  const tail = room - head;
  return text.slice(0, head) + notice(text.length - head - tail) + (tail > 0 ? text.slice(-tail) : '');
};
