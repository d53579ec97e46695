import { BirdsongError } from './birdsong-error.js';

const RETRY_MIN_SECONDS = 5;
const RETRY_SPREAD_SECONDS = 6;

/** The error for work beyond a limit. The time to retry is random, because many are refused together. */
export function overloaded(detail: string): BirdsongError {
  return new BirdsongError('overloaded', detail, {
    retryAfterSeconds: RETRY_MIN_SECONDS + Math.floor(Math.random() * RETRY_SPREAD_SECONDS),
  });
}
