import { z } from 'zod';
import { BirdsongError } from '../errors/birdsong-error.js';
import { MAX_BATCH_COUNT, isIdempotencyKey, isMessageType } from '../protocol/message-format.js';

export const sendBody = z.strictObject({
  data: z.custom<unknown>((data) => data !== undefined, { error: 'Required: any JSON' }),
  type: z
    .custom<string>(isMessageType, {
      error:
        'must be 1 to 64 characters of A-Z a-z 0-9 _ - . : and not begin with stream. or presence.',
    })
    .optional(),
});

export type SendBody = z.infer<typeof sendBody>;

export const batchBody = z.strictObject({
  messages: z.array(sendBody).min(1).max(MAX_BATCH_COUNT),
});

export type BatchBody = z.infer<typeof batchBody>;

/** @throws BirdsongError `invalid-request` */
export function requireIdempotencyKey(header: string | undefined): string | undefined {
  if (header !== undefined && !isIdempotencyKey(header)) {
    throw new BirdsongError('invalid-request', 'The Idempotency-Key is not valid.', {
      errors: [{ path: 'Idempotency-Key', message: 'must be 1 to 128 visible ASCII characters' }],
    });
  }
  return header;
}
