import { BirdsongError } from '../errors/birdsong-error.js';
import {
  MAX_BATCH_COUNT,
  isIdempotencyKey,
  isMessageType,
  MAX_SENDER_LENGTH,
} from '../protocol/message-format.js';
import type { NewBatch } from './new-batch.event.js';

/** What is published in one step. A message is a batch of one. */
export interface Send extends NewBatch {
  /** Whether it was sent as a batch. */
  readonly isBatch: boolean;
}

/**
 * Checks what an app's own code publishes. It may not be type-checked.
 * @throws BirdsongError `invalid-request`
 */
export function requireValidSend({ messages, sender, idempotencyKey }: Send): void {
  if (!Array.isArray(messages) || messages.length < 1 || messages.length > MAX_BATCH_COUNT) {
    throw invalid(`A batch has 1 to ${MAX_BATCH_COUNT} messages.`);
  }
  for (const message of messages as unknown[]) {
    if (typeof message !== 'object' || message === null) {
      throw invalid('A message is an object with `data`.');
    }
    const { type } = message as { type?: unknown };
    if (type !== undefined && !isMessageType(type)) {
      throw invalid('The type is not valid, or is reserved.');
    }
  }
  if (idempotencyKey !== undefined && !isIdempotencyKey(idempotencyKey)) {
    throw invalid('The idempotency key must be 1 to 128 visible ASCII characters.');
  }
  if (sender !== undefined && (typeof sender !== 'string' || sender.length > MAX_SENDER_LENGTH)) {
    throw invalid(`A sender has at most ${MAX_SENDER_LENGTH} characters.`);
  }
}

function invalid(detail: string): BirdsongError {
  return new BirdsongError('invalid-request', detail);
}
