import { HttpException } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';

/** The HTTP status of each code. The codes are part of the protocol and do not change. */
const STATUS_OF = {
  'invalid-json': 400,
  'invalid-request': 400,
  'invalid-channel': 400,
  unauthenticated: 401,
  forbidden: 403,
  'unknown-channel': 404,
  'not-found': 404,
  'message-too-large': 413,
  'unsupported-media-type': 415,
  'invalid-data': 422,
  internal: 500,
  'broker-unavailable': 503,
  'tokens-unavailable': 503,
  'shutting-down': 503,
  overloaded: 503,
  'too-many-requests': 429,
} as const;

export type ErrorCode = keyof typeof STATUS_OF;

/**
 * Why the broker is unavailable: it does not answer, has no memory left, takes no writes (a replica, or it cannot save),
 * has too few replicas, gives this server no right, or is still loading its data.
 */
export type UnavailableReason =
  'unreachable' | 'full' | 'read-only' | 'no-replicas' | 'no-rights' | 'loading';

/** One part of a request that is not valid. */
export interface FieldError {
  /** A dotted path: `data.name`. Empty for the whole. */
  readonly path: string;
  readonly message: string;
}

/** The body of every error answer (RFC 9457, `application/problem+json`). */
export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  /** With `broker-unavailable` only. */
  readonly reason?: UnavailableReason;
  readonly errors?: readonly FieldError[];
}

/** The rate that a request is beyond. */
export interface ExceededRate {
  readonly name: string;
  /** How much may be used within the window. */
  readonly quota: number;
  readonly windowSeconds: number;
}

export interface BirdsongErrorOptions {
  /** For `broker-unavailable`. Default: not said. */
  readonly reason?: UnavailableReason;
  readonly errors?: readonly FieldError[];
  /**
   * Seconds after which a retry makes sense, sent as `Retry-After`. Makes the error retryable. Default: not retryable.
   */
  readonly retryAfterSeconds?: number;
  /** With `too-many-requests`, sent as `RateLimit` and `RateLimit-Policy`. Default: not said. */
  readonly rateLimit?: ExceededRate;
  /** Overrides the code's own status, for errors that are not Birdsong's. Default: the status of the code. */
  readonly status?: number;
  /** The error that caused this one. It is logged and never sent. */
  readonly cause?: unknown;
}

/**
 * The error that Birdsong throws. It is an `HttpException`, so a host app's own filters answer it with the right
 * status. Birdsong's routes answer it as `application/problem+json`.
 */
export class BirdsongError extends HttpException {
  readonly code: ErrorCode;
  /** With `broker-unavailable`, what is known of the broker. */
  readonly reason: UnavailableReason | undefined;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | undefined;
  readonly rateLimit: ExceededRate | undefined;

  constructor(code: ErrorCode, detail: string, options: BirdsongErrorOptions = {}) {
    const status = options.status ?? STATUS_OF[code];
    const problem: Problem = {
      type: 'about:blank',
      title: STATUS_CODES[status] ?? 'Error',
      status,
      code,
      detail,
      ...(options.reason && { reason: options.reason }),
      ...(options.errors && { errors: options.errors }),
    };
    super(problem, status, { cause: options.cause });
    this.message = detail;
    this.code = code;
    this.reason = options.reason;
    this.retryable = options.retryAfterSeconds !== undefined;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.rateLimit = options.rateLimit;
  }

  get problem(): Problem {
    return this.getResponse() as Problem;
  }
}
