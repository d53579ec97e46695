import { BirdsongError, type UnavailableReason } from './birdsong-error.js';

const RETRY_AFTER_SECONDS = 1;

const DETAILS: Readonly<Record<UnavailableReason, string>> = {
  unreachable: 'The message broker does not answer.',
  full: 'The message broker has no memory left.',
  'read-only': 'The message broker takes no messages right now.',
  'no-replicas': 'The message broker has too few replicas.',
  'no-rights': 'The message broker does not let this server in.',
  loading: 'The message broker is still loading its data.',
};

/**
 * The error for a broker that did not do what it was asked to.
 * @param options.detail default: what the reason means, in a sentence
 */
export function brokerUnavailable(
  reason: UnavailableReason,
  { detail = DETAILS[reason], cause }: { detail?: string; cause?: unknown } = {},
): BirdsongError {
  return new BirdsongError('broker-unavailable', detail, {
    reason,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
    cause,
  });
}
