const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/**
 * How long to wait after so many failures before this one: 1 s, doubling to 30 s, of which a random
 * half is taken off, so that pages that lost the same server do not all come back at once.
 */
export function backoffMs(failureCount: number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** failureCount);
  return full * (1 - Math.random() / 2);
}
