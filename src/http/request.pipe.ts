import type { PipeTransform } from '@nestjs/common';
import { z } from 'zod';
import { BirdsongError } from '../errors/birdsong-error.js';
import { toFieldErrors } from '../channels/validate-data.js';

/**
 * Checks a body or a query, and refuses it with `invalid-request`. It does not use Nest's own pipe for schemas, which
 * strips keys that it considers dangerous, although `data` may be any JSON, and which would run twice in an app that
 * has it as a global pipe.
 */
export class RequestPipe<Schema extends z.ZodType> implements PipeTransform<
  unknown,
  z.output<Schema>
> {
  constructor(private readonly schema: Schema) {}

  transform(value: unknown): z.output<Schema> {
    const result = this.schema.safeParse(value);
    if (!result.success) {
      throw new BirdsongError('invalid-request', 'The request does not have the expected form.', {
        errors: toFieldErrors(result.error.issues),
      });
    }
    return result.data;
  }
}

/** A whole number in a query, in decimal. */
export const wholeParameter = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min).max(max));
