import { HttpException } from '@nestjs/common';
import { BirdsongError, type ErrorCode, type FieldError } from '../errors/birdsong-error.js';

/** The errors of Express's body parser that a client can cause, by their `type`. */
const BODY_ERRORS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  'entity.parse.failed': ['invalid-json', 'The body is not JSON.'],
  'entity.too.large': ['message-too-large', 'The body is larger than allowed.'],
  'encoding.unsupported': ['unsupported-media-type', 'This Content-Encoding is not supported.'],
  'charset.unsupported': ['unsupported-media-type', 'This charset is not supported.'],
};

const BY_STATUS: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  401: ['unauthenticated', 'This needs an identity.'],
  403: ['forbidden', 'This is not allowed.'],
  404: ['not-found', 'There is nothing at this URL.'],
  413: ['message-too-large', 'The body is larger than allowed.'],
  429: ['too-many-requests', 'Too many requests.'],
  415: ['unsupported-media-type', 'The body is of a type that is not supported.'],
};

/**
 * Converts any error to the one that is sent. The text of an `HttpException` is meant for the client, as in Nest's own
 * answers. The text of any other error is never sent, so nothing of an inner library leaks.
 */
export function toBirdsongError(error: unknown): BirdsongError {
  if (error instanceof BirdsongError) {
    return error;
  }
  const { status, type } = describe(error);
  const [code, detail] =
    BODY_ERRORS[type] ??
    BY_STATUS[status] ??
    (status >= 400 && status < 500
      ? (['invalid-request', 'The request does not have the expected form.'] as const)
      : (['internal', 'Something went wrong on the server.'] as const));
  const words = type in BODY_ERRORS ? undefined : wordsOf(error);
  return new BirdsongError(code, words?.detail ?? detail, {
    cause: error,
    status,
    ...(words?.errors && { errors: words.errors }),
  });
}

function wordsOf(error: unknown): { detail: string; errors?: FieldError[] } | undefined {
  if (!(error instanceof HttpException) || error.cause instanceof SyntaxError) {
    return undefined;
  }
  // A ValidationPipe's answer lists what is wrong.
  const { message } = error.getResponse() as { message?: unknown };
  return {
    detail: error.message,
    ...(Array.isArray(message) && {
      errors: message.map((one) => ({ path: '', message: String(one) })),
    }),
  };
}

function describe(error: unknown): { status: number; type: string } {
  // Express and its body parser throw errors of http-errors. Nest wraps only some of them.
  const inner = error instanceof HttpException ? (error.cause ?? error) : error;
  const { status, type } = (inner ?? {}) as { status?: unknown; type?: unknown };
  const outerStatus = error instanceof HttpException ? error.getStatus() : status;
  return {
    status: isErrorStatus(outerStatus) ? outerStatus : 500,
    type: typeof type === 'string' ? type : '',
  };
}

function isErrorStatus(status: unknown): status is number {
  return typeof status === 'number' && status >= 400 && status < 600;
}
