import type { PipeTransform } from '@nestjs/common';
import { z } from 'zod';
import { BirdsongError } from '../errors/birdsong-error.js';
import { toFieldErrors } from '../channels/validate-data.js';

/**
 * Checks a body or a query; refuses with `invalid-request`. Not Nest's own pipe for schemas: that one also strips
 * what it takes for dangerous, and `data` is any JSON; and an app that has it as a global pipe would have it run
 * twice.
 */
export class RequestPipe<Schema extends z.ZodType> implements PipeTransform<
  unknown,
  z.output<Schema>
> {
  constructor(private readonly schema: Schema) {}

  transform(value: unknown): z.output<Schema> {
    const result = this.schema.safeParse(value);
    if (!result.success) {
      throw new BirdsongError(
        'invalid-request',
        'The request is not of the form that is expected here.',
        { errors: toFieldErrors(result.error.issues) },
      );
    }
    return result.data;
  }
}

/** A whole number in a query, written in decimal. */
export const wholeParameter = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min).max(max));
