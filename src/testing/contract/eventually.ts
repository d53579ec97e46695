import { setTimeout as pause } from 'node:timers/promises';

/** Long enough for a busy machine, but short enough to report what is missing before the runner's own limit. */
const DEADLINE_MS = 20_000;

/**
 * Resolves once `holds` returns true.
 * @param explain says what is missing
 * @throws Error if it does not in time
 */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  explain: () => string,
  deadlineMs = DEADLINE_MS,
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await holds())) {
    if (performance.now() > deadline) {
      throw new Error(`Not within ${deadlineMs} ms: ${explain()}`);
    }
    await pause(2);
  }
}

const CASE_MS = 28_000;

/**
 * Returns the outcome of a case.
 * @throws Error if it has none in time, so that what the case opened is closed even if a broker never answers
 */
export async function inTime<Outcome>(outcome: Promise<Outcome>): Promise<Outcome> {
  const decided = new AbortController();
  const late = pause(CASE_MS, undefined, { signal: decided.signal }).then(() => {
    throw new Error(`Not finished within ${CASE_MS} ms: the broker does not answer.`);
  });
  try {
    return await Promise.race([outcome, late]);
  } finally {
    late.catch(() => undefined);
    decided.abort();
  }
}
