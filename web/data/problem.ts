/** What the API answers when it cannot do what it was asked: RFC 9457 problem details, as an error. */

export class ApiProblem extends Error {
  readonly status: number;
  /** What the person can do about it; may be empty. */
  readonly hint: string;

  constructor(status: number, message: string, hint: string) {
    super(message);
    this.name = 'ApiProblem';
    this.status = status;
    this.hint = hint;
  }
}

/** Nobody answers: the API is down, or the way to it. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super('Drover does not answer', { cause });
    this.name = 'Unreachable';
  }
}

export const explain = (error: unknown): { readonly message: string; readonly hint: string } => {
  if (error instanceof ApiProblem) return { message: error.message, hint: error.hint };
  if (error instanceof Unreachable)
    return {
      message: 'Drover does not answer',
      hint: 'Its services may be restarting. `drover up` starts them; this page goes on by itself.',
    };
  return {
    message: error instanceof Error ? error.message : String(error),
    hint: 'This is a fault of the dashboard. Reload the page; the command line can do the same.',
  };
};
