#!/usr/bin/env node
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import cluster, { type Worker } from 'node:cluster';
import { AppModule } from './app.module.js';
import { HttpAdapter } from './server/http.adapter.js';
import { configure, listen } from './server/http.js';
import { serverOptions } from './server/limits.js';
import { readEnvironment, type Environment } from './server/environment.js';
import { createLogger } from './server/logger.js';
import { Workers } from './server/workers.js';
import { DrainService } from './lifecycle/drain.service.js';

async function start(environment: Environment): Promise<void> {
  const logger = createLogger(environment.LOG_LEVEL);
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.forEnvironment(environment),
    new HttpAdapter(serverOptions(environment)),
    { logger, abortOnError: false, bodyParser: false },
  );
  configure(app, environment);
  // Exits 0 once everything is closed, instead of dying by the signal.
  app.enableShutdownHooks([], { useProcessExit: true });
  hurryOnSecondSignal(app);
  if (cluster.worker) {
    outliveThePrimary(cluster.worker);
  }
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

/** Whoever asks twice does not want to wait. The same signal: Ctrl-C reaches workers beside the primary's own. */
function hurryOnSecondSignal(app: NestExpressApplication): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => process.on(signal, () => app.get(DrainService).hurry()));
  }
}

/** Node ends workers at once with their primary; their readers are told first. */
function outliveThePrimary(worker: Worker): void {
  worker.exitedAfterDisconnect = true;
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  return error.message || (error as NodeJS.ErrnoException).code || error.name;
}
