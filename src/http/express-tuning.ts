import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { BirdsongSettings } from '../config/birdsong-settings.js';
import { IncomingMessage, ServerResponse, type Server } from 'node:http';

/**
 * Lets Node make requests and responses with the prototypes that Express gives to each of them anyway. V8 takes an
 * object whose prototype was changed out of all it has learned: the next property costs it a hidden class of its own,
 * 1.2 kB for each request and each response for as long as a stream is open, and every access is looked up anew.
 * With another adapter, or where a host has classes of its own, nothing happens.
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
  // Node keeps what `createServer` was told to make under symbols of these names.
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
