import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { BirdsongError } from '../errors/birdsong.error.js';
import { toBirdsongError } from './to-birdsong-error.js';

/** How often the same code is logged: in an outage or under attack, every request has it. */
const LOG_EVERY_MS = 1000;

/** Answers every error as `application/problem+json` (RFC 9457). */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Birdsong');
  /** When each code was logged last, by `performance.now()`. */
  private readonly loggedAt = new Map<string, number>();

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
    if (error.retryAfterSeconds !== undefined) {
      httpAdapter.setHeader(response, 'Retry-After', String(error.retryAfterSeconds));
    }
    httpAdapter.reply(response, error.problem, error.getStatus());
  }

  private log(error: BirdsongError): void {
    const { code, cause } = error;
    if (code === 'internal') {
      this.logger.error('A request failed', cause instanceof Error ? cause.stack : String(cause));
    } else if (error.retryable && this.isDue(code)) {
      this.logger.warn(`${code}: ${cause instanceof Error ? cause.message : error.message}`);
    }
  }

  private isDue(code: string): boolean {
    const now = performance.now();
    const last = this.loggedAt.get(code);
    if (last !== undefined && now - last < LOG_EVERY_MS) {
      return false;
    }
    this.loggedAt.set(code, now);
    return true;
  }
}
