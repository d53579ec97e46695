import type { NestApplicationOptions } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { createServer } from 'node:http';
import type { Environment } from '../environment.js';
import { serverOptions } from './limits.js';
import { limitPipelines } from './pipelines.js';
import { answerUnroutableUrls, type ExpressListener } from './unroutable-urls.js';

/** Express on an HTTP server with limits that can be set only when the server is created. */
export class HttpAdapter extends ExpressAdapter {
  constructor(private readonly environment: Environment) {
    super();
  }

  override initHttpServer(options: NestApplicationOptions): void {
    super.initHttpServer(options);
    const listener = answerUnroutableUrls(this.getInstance<ExpressListener>());
    this.setHttpServer(createServer(serverOptions(this.environment), limitPipelines(listener)));
  }
}
