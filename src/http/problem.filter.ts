import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { BirdsongError } from '../errors/birdsong-error.js';
import { LogThrottle } from '../concurrency/log-throttle.js';
import { toBirdsongError } from './to-birdsong-error.js';

/** Answers every error as `application/problem+json` (RFC 9457). */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Birdsong');
  private readonly throttle = new LogThrottle();

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const error = toBirdsongError(exception);
    this.log(error);
    const response: unknown = host.switchToHttp().getResponse();
    const { httpAdapter } = this.adapterHost;
    if (httpAdapter.isHeadersSent(response)) {
      httpAdapter.end(response);
      return;
    }
    httpAdapter.setHeader(response, 'Content-Type', 'application/problem+json; charset=utf-8');
    httpAdapter.setHeader(response, 'Cache-Control', 'no-store');
    if (error.code === 'unauthenticated') {
      // RFC 9110 §15.5.2 asks for a challenge. This one opens no dialog in a browser.
      httpAdapter.setHeader(response, 'WWW-Authenticate', 'Bearer');
    }
    if (error.retryAfterSeconds !== undefined) {
      httpAdapter.setHeader(response, 'Retry-After', String(error.retryAfterSeconds));
    }
    if (error.rateLimit) {
      // draft-ietf-httpapi-ratelimit-headers-10
      const { name, quota, windowSeconds } = error.rateLimit;
      const policy = `"${name}";q=${quota};w=${windowSeconds}`;
      httpAdapter.setHeader(response, 'RateLimit-Policy', policy);
      httpAdapter.setHeader(
        response,
        'RateLimit',
        `"${name}";r=0;t=${error.retryAfterSeconds ?? 0}`,
      );
    }
    httpAdapter.reply(response, error.problem, error.getStatus());
  }

  private log(error: BirdsongError): void {
    const { code, cause } = error;
    if (code === 'internal') {
      this.logger.error('A request failed', cause instanceof Error ? cause.stack : String(cause));
    } else if (error.retryable && this.throttle.isDue(code)) {
      this.logger.warn(`${code}: ${cause instanceof Error ? cause.message : error.message}`);
    }
  }
}
