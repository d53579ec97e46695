import { BirdsongError } from './birdsong-error.js';

const RETRY_MIN_SECONDS = 5;
const RETRY_SPREAD_SECONDS = 6;

/** Refuses what would pass a limit. When to try again is random: many are refused together. */
export function overloaded(detail: string): BirdsongError {
  return new BirdsongError('overloaded', detail, {
    retryAfterSeconds: RETRY_MIN_SECONDS + Math.floor(Math.random() * RETRY_SPREAD_SECONDS),
  });
}
