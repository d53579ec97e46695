import { isObject, parseObject, stringOf } from './json.js';

/** Why a request failed, in words for the user. */
export interface Problem {
  readonly detail: string;
  readonly errors: readonly string[];
}

export const UNREACHABLE: Problem = { detail: 'The server cannot be reached.', errors: [] };

/** Reads an `application/problem+json` answer; other bodies give only the status. */
export async function readProblem(response: Response): Promise<Problem> {
  const body = parseObject(await response.text().catch(() => ''));
  const fallback = `The server answered ${response.status} ${response.statusText}`.trimEnd() + '.';
  const errors = Array.isArray(body['errors']) ? body['errors'] : [];
  return {
    detail: stringOf(body['detail']) || stringOf(body['title']) || fallback,
    errors: errors.map(describeError).filter((text) => text !== ''),
  };
}

function describeError(error: unknown): string {
  if (!isObject(error)) return '';
  const path = stringOf(error['path']).replace(/^data\./, '');
  const message = stringOf(error['message']);
  return path === '' ? message : `${path}: ${message}`;
}
