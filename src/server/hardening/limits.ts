import type { ServerOptions } from 'node:http';
import type { Environment } from '../environment.js';

/** The share of connections that readers may not take: it is for sends, health checks and refusals. */
const RESERVED_SHARE = 0.1;

/**
 * What a channel takes in a request's head: `&channel=` and the longest name, and its cursor entry in Last-Event-ID.
 */
const HEADER_BYTES_PER_CHANNEL = 9 + 128 + 35;
/** Everything else in a request's head: as much as Node's default for the whole head. */
const HEADER_BYTES = 16 * 1024;

/** How often Node checks for requests that take too long. */
const CHECK_INTERVAL_MS = 500;

/** How many of this process's connections may be readers. */
export function maxStreamsOf({ MAX_CONNECTIONS }: Environment): number {
  return Math.max(1, Math.floor(MAX_CONNECTIONS * (1 - RESERVED_SHARE)));
}

/** Node's timeouts for slow clients, and the largest request head. */
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
