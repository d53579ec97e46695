import { StandardSchemaValidationPipe } from '@nestjs/common';
import { z } from 'zod';
import { BirdsongError } from '../errors/birdsong.error.js';
import { toFieldErrors } from '../policies/validate-data.js';

/** Checks a body or a query against the schema its parameter names; refuses with `invalid-request`. */
export const requestValidation = new StandardSchemaValidationPipe({
  exceptionFactory: (issues) =>
    new BirdsongError('invalid-request', 'The request is not of the form that is expected here.', {
      errors: toFieldErrors(issues),
    }),
});

/** A whole number in a query, written in decimal. */
export const wholeParameter = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(least).max(most));
