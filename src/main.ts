#!/usr/bin/env node
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { configure, listen } from './server/http.js';
import { readEnvironment, type Environment } from './server/environment.js';
import { createLogger } from './server/logger.js';

async function start(environment: Environment): Promise<void> {
  const logger = createLogger(environment.LOG_LEVEL);
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.forEnvironment(environment),
    { logger, abortOnError: false, bodyParser: false },
  );
  configure(app, environment);
  // Exits 0 once everything is closed, instead of dying by the signal.
  app.enableShutdownHooks([], { useProcessExit: true });
  try {
    const url = await listen(app, environment);
    logger.log(`Birdsong is listening on ${url}`, 'Birdsong');
  } catch (error) {
    await app.close();
    throw error;
  }
}

try {
  await start(readEnvironment(process.env));
} catch (error) {
  // One line for whoever starts it; the stack is of no use to them.
  process.stderr.write(`Birdsong did not start: ${describe(error)}\n`);
  process.exit(1);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const { code } = error as NodeJS.ErrnoException;
  const cause = error.cause instanceof Error ? ` (${describe(error.cause)})` : '';
  return `${error.message || code || error.name}${cause}`;
}
