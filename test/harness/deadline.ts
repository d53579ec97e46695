/** How long the harness waits for something that should happen at once, in milliseconds. */
export const defaultDeadlineMs = 10_000;

/**
 * The outcome of `promise`, or a rejection with `explain()` when it is not settled in time. The
 * timer never outlives the promise.
 */
export async function withDeadline<Value>(
  promise: Promise<Value>,
  deadlineMs: number,
  explain: () => string,
): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`Nothing after ${deadlineMs} ms: ${explain()}`)),
      deadlineMs,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
