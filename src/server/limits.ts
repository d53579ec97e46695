import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Server, ServerOptions } from 'node:http';
import { AddressLimit } from './address-limit.js';
import { BodyLimit } from './body-limit.js';
import type { Environment } from './environment.js';

/** Of all connections, the part that readers may not take: for sends, health checks, and refusals. */
const SPARE_PART = 0.1;

/** A channel in an address, `&channel=` and the longest name, and its part of the cursor in Last-Event-ID. */
const HEADER_BYTES_PER_CHANNEL = 9 + 128 + 35;
/** Everything else that a request's head has: Node's own default for all of it. */
const HEADER_BYTES = 16 * 1024;

/** How many of the largest bodies this process holds at the same time. */
const BODY_COUNT = 8;

/** How often Node looks for requests that take too long. */
const LOOK_MS = 500;

/** Longer than the longest wait of a long-poll; streams are not concerned. */
const SILENT_ANSWER_MS = 60_000;

/** How many of this process' connections may be readers. */
export function readersOf({ MAX_CONNECTIONS }: Environment): number {
  return Math.max(1, Math.floor(MAX_CONNECTIONS * (1 - SPARE_PART)));
}

/** What a client may take its time for, and how long the head of its request may be. */
export function serverOptions(environment: Environment): ServerOptions {
  const { HEADER_TIMEOUT_SECONDS, REQUEST_TIMEOUT_SECONDS, KEEP_ALIVE_SECONDS } = environment;
  return {
    headersTimeout: Math.min(HEADER_TIMEOUT_SECONDS, REQUEST_TIMEOUT_SECONDS) * 1000,
    requestTimeout: REQUEST_TIMEOUT_SECONDS * 1000,
    connectionsCheckingInterval: LOOK_MS,
    keepAliveTimeout: KEEP_ALIVE_SECONDS * 1000,
    maxHeaderSize: HEADER_BYTES + environment.MAX_CHANNELS_PER_STREAM * HEADER_BYTES_PER_CHANNEL,
  };
}

/** Refuses connections and requests beyond the limits. To be called before a body is parsed. */
export function limit(app: NestExpressApplication, environment: Environment): void {
  const { MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS, TRUST_PROXY } = environment;
  const server: Server = app.getHttpServer();
  server.setTimeout(SILENT_ANSWER_MS);
  server.maxConnections = MAX_CONNECTIONS;
  app.set('trust proxy', TRUST_PROXY ?? false);
  if (MAX_CONNECTIONS_PER_ADDRESS !== undefined) {
    const isTrusted = app.getHttpAdapter().getInstance().get('trust proxy fn') as IsTrusted;
    const perAddress = new AddressLimit(MAX_CONNECTIONS_PER_ADDRESS, (peer) => isTrusted(peer, 0));
    server.on('connection', (socket) => perAddress.connect(socket));
    app.use(perAddress.admit.bind(perAddress));
  }
  const bodies = new BodyLimit(
    BODY_COUNT * Math.max(environment.MAX_BATCH_BYTES, environment.MAX_MESSAGE_BYTES),
  );
  app.use(bodies.admit.bind(bodies));
}

/** Express' own, of the peer (0) and of those that a peer speaks for. */
type IsTrusted = (address: string, hop: number) => boolean;
