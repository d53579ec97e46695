import { BirdsongError } from './birdsong-error.js';

const DETAILS = {
  sends: 'You send too many messages.',
  bytes: 'You send too many bytes.',
  'new-channels': 'You use too many new channels.',
};

/** @param waitMs when the same send will be accepted, if nothing else is sent until then */
export function tooManySends(
  { name, quota, quotaMs }: { name: keyof typeof DETAILS; quota: number; quotaMs: number },
  waitMs: number,
): BirdsongError {
  return new BirdsongError('too-many-requests', DETAILS[name], {
    retryAfterSeconds: Math.ceil(waitMs / 1000),
    rateLimit: { name, quota, windowSeconds: Math.ceil(quotaMs / 1000) },
  });
}
