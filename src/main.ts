#!/usr/bin/env node
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import cluster from 'node:cluster';
import { AppModule } from './app.module.js';
import { configure, listen } from './server/http.js';
import { readEnvironment, type Environment } from './server/environment.js';
import { createLogger } from './server/logger.js';
import { Workers } from './server/workers.js';

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
    if (cluster.isPrimary) {
      process.stdout.write(`Birdsong is listening on ${url}\n`);
    }
  } catch (error) {
    await app.close();
    throw error;
  }
}

try {
  const environment = readEnvironment(process.env);
  if (cluster.isPrimary && environment.WORKERS > 1) {
    Logger.overrideLogger(createLogger(environment.LOG_LEVEL));
    new Workers(environment).start();
  } else {
    await start(environment);
  }
} catch (error) {
  // One line for whoever starts it; the stack is of no use to them.
  process.stderr.write(`Birdsong did not start: ${describe(error)}\n`);
  process.exit(1);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  return error.message || (error as NodeJS.ErrnoException).code || error.name;
}
