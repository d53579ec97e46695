import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import type { Environment } from './environment.js';

const LEVELS: readonly LogLevel[] = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'];

/** Logs `LOG_LEVEL` and everything more severe. */
export function createLogger({
  LOG_LEVEL,
  LOG_FORMAT,
}: Pick<Environment, 'LOG_LEVEL' | 'LOG_FORMAT'>): ConsoleLogger {
  return new ConsoleLogger({
    logLevels: LEVELS.slice(0, LEVELS.indexOf(LOG_LEVEL) + 1),
    json: LOG_FORMAT === 'json',
  });
}
