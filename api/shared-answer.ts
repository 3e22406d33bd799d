/** Asks once for many who ask at the same time. Nothing is kept longer than a moment; errors are not kept at all. */
export const sharedAnswer = <T>(ask: () => Promise<T>, freshMs: number): (() => Promise<T>) => {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= ask().then(
      (value) => {
        setTimeout(() => (answer = undefined), freshMs).unref();
        return value;
      },
      (error: unknown) => {
        answer = undefined;
        throw error;
      },
    );
    return answer;
  };
};
