/**
 * How long the harness waits for an event before it says what is missing, in milliseconds. It is there to end a hang and
 * measures nothing: far above what anything takes on a busy machine, below Jest's own limit.
 */
export const defaultDeadlineMs = 60_000;

/**
 * Whether `promise` settles before a timer that is set now. On a busy machine both are late, so this compares what
 * happens in one process with the time that it was given, not with the clock.
 */
export async function settlesBefore(timerMs: number, promise: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timerMs);
  });
  const settled = promise.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, late]);
  } finally {
    clearTimeout(timer);
  }
}

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
