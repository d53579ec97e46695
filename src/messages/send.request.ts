import { z } from 'zod';
import { BirdsongError } from '../errors/birdsong.error.js';
import { toFieldErrors } from '../policies/validate-data.js';
import { isMessageType } from './message-type.js';

export const sendBody = z.strictObject({
  data: z.custom<unknown>((data) => data !== undefined, { error: 'Required: any JSON' }),
  type: z
    .custom<string>(isMessageType, {
      error: '1 to 64 characters of A-Z a-z 0-9 _ - . : and not stream.… or presence.…',
    })
    .optional(),
});

export type SendBody = z.infer<typeof sendBody>;

/** The most messages of one batch. */
const BATCH_COUNT = 1000;

export const batchBody = z.strictObject({ messages: z.array(sendBody).min(1).max(BATCH_COUNT) });

export type BatchBody = z.infer<typeof batchBody>;

const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,128}$/, '1 to 128 visible ASCII characters')
  .optional();

/** @throws BirdsongError `invalid-request` */
export function requireIdempotencyKey(header: string | undefined): string | undefined {
  const result = idempotencyKey.safeParse(header);
  if (!result.success) {
    throw new BirdsongError('invalid-request', 'The Idempotency-Key is not of its form.', {
      errors: toFieldErrors(result.error.issues, ['Idempotency-Key']),
    });
  }
  return result.data;
}
