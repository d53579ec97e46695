import type { ServerOptions } from 'node:http';
import type { Environment } from '../environment.js';

/** Of all connections, the part that readers may not take: for sends, health checks, and refusals. */
const RESERVED_SHARE = 0.1;

/** A channel in an address, `&channel=` and the longest name, and its part of the cursor in Last-Event-ID. */
const HEADER_BYTES_PER_CHANNEL = 9 + 128 + 35;
/** Everything else that a request's head has: Node's own default for all of it. */
const HEADER_BYTES = 16 * 1024;

/** How often Node looks for requests that take too long. */
const CHECK_INTERVAL_MS = 500;

/** How many of this process' connections may be readers. */
export function maxStreamsOf({ MAX_CONNECTIONS }: Environment): number {
  return Math.max(1, Math.floor(MAX_CONNECTIONS * (1 - RESERVED_SHARE)));
}

/** What a client may take its time for, and how long the head of its request may be. */
export function serverOptions(environment: Environment): ServerOptions {
  const { HEADER_TIMEOUT_SECONDS, REQUEST_TIMEOUT_SECONDS, KEEP_ALIVE_SECONDS } = environment;
  return {
    headersTimeout: Math.min(HEADER_TIMEOUT_SECONDS, REQUEST_TIMEOUT_SECONDS) * 1000,
    requestTimeout: REQUEST_TIMEOUT_SECONDS * 1000,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
    keepAliveTimeout: KEEP_ALIVE_SECONDS * 1000,
    maxHeaderSize:
      HEADER_BYTES + environment.options.maxChannelsPerStream * HEADER_BYTES_PER_CHANNEL,
  };
}
