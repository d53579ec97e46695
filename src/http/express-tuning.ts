import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { BirdsongSettings } from '../config/birdsong-settings.js';
import { IncomingMessage, ServerResponse, type Server } from 'node:http';

/**
 * Makes Node create requests and responses with the prototypes that Express would give each of them anyway. When an
 * object's prototype changes, V8 loses its optimisations for that object: the next property costs it a hidden class of
 * its own, 1.2 kB for each request and each response while a stream is open, and every access becomes a slow look-up.
 * Does nothing with another adapter, or where a host has its own request and response classes.
 */
@Injectable()
export class ExpressTuning implements OnModuleInit {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly settings: BirdsongSettings,
  ) {}

  onModuleInit(): void {
    const adapter = this.adapterHost.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
    if (adapter && this.settings.tuneExpress) {
      replacePrototypes(adapter.getHttpServer() as Server, adapter.getInstance());
    }
  }
}

function replacePrototypes(server: Server, adapterInstance: unknown): void {
  const app = adapterInstance as { request?: unknown; response?: unknown };
  // Node keeps the classes given to `createServer` under symbols with these names.
  const requests = slotOf(server, 'IncomingMessage', IncomingMessage);
  const responses = slotOf(server, 'ServerResponse', ServerResponse);
  if (requests && app.request instanceof IncomingMessage) {
    class ExpressRequest extends IncomingMessage {}
    app.request = Object.setPrototypeOf(ExpressRequest.prototype, app.request) as object;
    requests.set(ExpressRequest);
  }
  if (responses && app.response instanceof ServerResponse) {
    class ExpressResponse extends ServerResponse {}
    app.response = Object.setPrototypeOf(ExpressResponse.prototype, app.response) as object;
    responses.set(ExpressResponse);
  }
}

function slotOf(server: Server, name: string, original: unknown) {
  const slots = server as unknown as Record<symbol, unknown>;
  const slot = Object.getOwnPropertySymbols(server).find(({ description }) => description === name);
  return slot && slots[slot] === original
    ? { set: (constructor: unknown) => (slots[slot] = constructor) }
    : undefined;
}
