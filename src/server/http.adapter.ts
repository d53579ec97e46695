import type { NestApplicationOptions } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { createServer, type RequestListener, type ServerOptions } from 'node:http';
import { limitPipelines } from './pipelines.js';

/** Express on an HTTP server with limits that Node takes only when it is created. */
export class HttpAdapter extends ExpressAdapter {
  constructor(private readonly serverOptions: ServerOptions) {
    super();
  }

  override initHttpServer(options: NestApplicationOptions): void {
    super.initHttpServer(options);
    const listener = limitPipelines(this.getInstance<RequestListener>());
    this.setHttpServer(createServer(this.serverOptions, listener));
  }
}
