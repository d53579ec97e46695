import { setTimeout as pause } from 'node:timers/promises';

/** Long enough for a machine that is busy; what never comes is told by it, before the runner's own limit. */
const DEADLINE_MS = 20_000;

/**
 * Resolves once it holds.
 * @param explain what is missing
 * @throws Error if it never does
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
 * The outcome of a case.
 * @throws Error if it has none: a broker that never answers must not keep what the case has opened
 */
export async function inTime<Outcome>(outcome: Promise<Outcome>): Promise<Outcome> {
  const decided = new AbortController();
  const late = pause(CASE_MS, undefined, { signal: decided.signal }).then(() => {
    throw new Error(`Not through within ${CASE_MS} ms: the broker gives no answer.`);
  });
  try {
    return await Promise.race([outcome, late]);
  } finally {
    late.catch(() => undefined);
    decided.abort();
  }
}
