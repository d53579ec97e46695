import type { StandardSchemaV1 } from '@standard-schema/spec';
import { BirdsongError, type FieldError } from '../errors/birdsong-error.js';

/**
 * Checks the data and returns the schema's output.
 * @param path where the data is in the request
 * @throws BirdsongError `invalid-data` with the paths that do not match
 */
export async function validateData(
  schema: StandardSchemaV1 | undefined,
  data: unknown,
  path: readonly string[] = ['data'],
): Promise<unknown> {
  if (!schema) {
    return data;
  }
  const validated = schema['~standard'].validate(data);
  const result = validated instanceof Promise ? await validated : validated;
  if (result.issues) {
    throw new BirdsongError('invalid-data', 'The data does not fit what the channel accepts.', {
      errors: toFieldErrors(result.issues, path),
    });
  }
  return result.value;
}

/** The most errors that an answer lists: a body may repeat one error a thousand times. */
const MAX_ERRORS = 20;

/** The most characters of each error: some quote the whole input. */
const MAX_LENGTH = 200;

export function toFieldErrors(
  issues: readonly StandardSchemaV1.Issue[],
  under: readonly string[] = [],
): FieldError[] {
  return issues.slice(0, MAX_ERRORS).map((issue) => ({
    path: shorten([...under, ...(issue.path ?? []).map(toKey)].join('.')),
    message: shorten(issue.message),
  }));
}

function shorten(text: string): string {
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}

function toKey(segment: PropertyKey | StandardSchemaV1.PathSegment): string {
  return String(typeof segment === 'object' ? segment.key : segment);
}
