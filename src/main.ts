import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { HttpAdapter } from './server/hardening/http-adapter.js';
import { announce } from './server/announce.js';
import { channelsOf } from './server/channels.js';
import { exposure } from './server/exposure.js';
import { configure, listen } from './server/http.js';
import { readEnvironment } from './server/environment.js';
import { createLogger } from './server/logger.js';
import { misspelledWarning } from './server/misspelled-variables.js';
import { DrainService } from './lifecycle/drain.service.js';

async function start(): Promise<void> {
  const environment = readEnvironment(process.env);
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.forEnvironment(environment),
    new HttpAdapter(environment),
    { logger: createLogger(environment), abortOnError: false, bodyParser: false },
  );
  configure(app, environment);
  // Exits with 0 once everything is closed, instead of dying from the signal.
  app.enableShutdownHooks([], { useProcessExit: true });
  drainAtOnceOnSecondSignal(app);
  try {
    const url = await listen(app, environment);
    const logger = new Logger('Birdsong');
    exposure(environment, channelsOf(environment)).forEach((line) => logger.log(line));
    announce('log', `Birdsong is listening on ${url}`);
  } catch (error) {
    await app.close();
    throw error;
  }
}

/** A second signal ends the drain at once. */
function drainAtOnceOnSecondSignal(app: NestExpressApplication): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => process.on(signal, () => app.get(DrainService).finishNow()));
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  return error.message || (error as NodeJS.ErrnoException).code || error.name;
}

const warning = misspelledWarning(process.env);
if (warning) {
  announce('warn', warning);
}

try {
  await start();
} catch (error) {
  // One line: the stack is of no use to the person who starts the server.
  announce('error', `Birdsong did not start: ${describe(error)}`);
  process.exit(1);
}
