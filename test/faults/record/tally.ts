import type { Attempt } from './record.js';

/** How the attempts to send went, all together. */
export interface Tally {
  readonly acknowledged: number;
  readonly refused: number;
  readonly unknown: number;
  /** Each kind of refusal once, as `503 broker-unavailable, Retry-After 1`. */
  readonly refusals: readonly string[];
  /** How long the slowest attempt took that got an answer, or broke. */
  readonly slowestMs: number;
}

export function tally(attempts: readonly Attempt[]): Tally {
  const counts = { acknowledged: 0, refused: 0, unknown: 0 };
  const refusals = new Set<string>();
  let slowestMs = 0;
  for (const { outcome, tookMs } of attempts) {
    counts[outcome.kind] += 1;
    slowestMs = Math.max(slowestMs, tookMs);
    if (outcome.kind === 'refused') {
      const { status, code, retryAfter = 'none' } = outcome;
      refusals.add(`${status} ${code}, Retry-After ${retryAfter}`);
    }
  }
  return { ...counts, refusals: [...refusals], slowestMs };
}
