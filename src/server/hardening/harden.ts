import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Server } from 'node:http';
import type { Environment } from '../environment.js';
import { AddressLimit } from './address-limit.js';
import { BodyLimit } from './body-limit.js';
import { proxyWarning } from './proxy-warning.js';
import { readJson } from './json-body.js';
import { proxiesOf } from './trusted-proxies.js';

/** The most bodies of the largest size that this process holds at the same time. */
const MAX_BODY_COUNT = 8;

/** Longer than the longest long-poll. Streams are exempt. */
const SILENT_ANSWER_MS = 60_000;

/**
 * Refuses connections and requests beyond the limits, and reads bodies within them: see docs/hardening.md. An app on
 * `HttpAdapter` needs it. Only middleware that sets headers may come before it.
 */
export function harden(app: NestExpressApplication, environment: Environment): void {
  const { MAX_CONNECTIONS, MAX_BATCH_BYTES, options } = environment;
  const server: Server = app.getHttpServer();
  server.setTimeout(SILENT_ANSWER_MS);
  server.maxConnections = MAX_CONNECTIONS;
  limitAddresses(app, server, environment);
  const bodies = new BodyLimit(MAX_BODY_COUNT * Math.max(MAX_BATCH_BYTES, options.maxMessageBytes));
  app.use(bodies.admit.bind(bodies));
  readJson(app, environment);
}

function limitAddresses(
  app: NestExpressApplication,
  server: Server,
  { MAX_CONNECTIONS_PER_ADDRESS, TRUST_PROXY }: Environment,
): void {
  const isProxy = proxiesOf(TRUST_PROXY);
  app.set('trust proxy', isProxy);
  app.use(proxyWarning(isProxy));
  if (MAX_CONNECTIONS_PER_ADDRESS !== undefined) {
    const addresses = new AddressLimit(MAX_CONNECTIONS_PER_ADDRESS, isProxy);
    server.on('connection', (socket) => addresses.connect(socket));
    app.use(addresses.admit.bind(addresses));
  }
}
