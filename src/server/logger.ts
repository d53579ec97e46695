import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import type { Environment } from './environment.js';

const LEVELS: readonly LogLevel[] = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'];

/** Logs this level and everything more severe. */
export function createLogger(minLevel: Environment['LOG_LEVEL']): ConsoleLogger {
  return new ConsoleLogger({ logLevels: LEVELS.slice(0, LEVELS.indexOf(minLevel) + 1) });
}
