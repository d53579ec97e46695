import { NestFactory } from '@nestjs/core';
import type { Type } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Server } from 'node:http';

/** The Nest app of every contestant that uses Nest: on Express, with Nest's own defaults. */
export async function createNestApp(
  module: Type,
): Promise<{ app: NestExpressApplication; server: Server }> {
  const app = await NestFactory.create<NestExpressApplication>(module, {
    logger: ['fatal', 'error', 'warn'],
    bodyParser: false,
  });
  // The default of 100 kB has no room for a batch of 1,000 messages.
  app.useBodyParser('json', { limit: '1mb' });
  await app.init();
  return { app, server: app.getHttpServer() };
}
