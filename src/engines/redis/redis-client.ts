import { Redis, type RedisOptions } from 'ioredis';
import { Pause } from '../../concurrency/pause.js';
import { BirdsongError } from '../../errors/birdsong-error.js';
import { brokerUnavailable } from '../../errors/broker-unavailable.js';
import type { RedisAddress } from '../../config/redis-options.js';
import type { RedisSettings } from '../../config/redis-settings.js';
import { refusalOf } from './refusal.js';

const RECONNECT_FIRST_MS = 50;
const RECONNECT_MAX_MS = 1000;
/** How long a socket may take to close before it is destroyed. */
const DISCONNECT_MS = 250;

/** The options of ioredis, except the one that changes the form of its answers. */
type ClientOptions = Omit<RedisOptions, 'replyMapping'>;

/** Creates a connection to Redis or a Sentinel, without opening it. */
export function createClient(
  { commandTimeoutMs, tls }: RedisSettings,
  where: RedisAddress | { url: string },
  options: ClientOptions,
): Redis {
  const all: ClientOptions = {
    lazyConnect: true,
    connectTimeout: commandTimeoutMs,
    commandTimeout: commandTimeoutMs,
    // A connection whose answer is overdue for this long is dead, whatever TCP believes.
    socketTimeout: commandTimeoutMs,
    disconnectTimeout: DISCONNECT_MS,
    retryStrategy: (times: number) =>
      Math.min(RECONNECT_FIRST_MS * 2 ** (times - 1), RECONNECT_MAX_MS),
    // A command that cannot be sent, or whose answer is lost, fails at once: the sender is told rather than kept
    // waiting, and nothing is published twice by an automatic resend.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // The broker resubscribes by itself, because it must know when to fetch what was missed.
    autoResubscribe: false,
    ...(tls ? { tls: tls === true ? {} : tls } : {}),
    ...options,
  };
  return 'url' in where
    ? new Redis(where.url, all)
    : new Redis({ ...all, host: where.host, port: where.port });
}

/**
 * Closes a client and waits for it. ioredis destroys a socket that is slow to close by a timer, and leaves the timer
 * running if the socket was gone already.
 */
export async function endClient(client: Redis): Promise<void> {
  if (client.status === 'end') {
    return;
  }
  // A TLS socket that is closed during its handshake may emit two errors, and ioredis handles only one.
  const socket = client.stream as typeof client.stream | undefined;
  socket?.on('error', () => undefined);
  const pause = new Pause();
  client.once('end', () => pause.end());
  client.disconnect();
  await pause.for(DISCONNECT_MS);
}

/**
 * The error for a call that failed.
 * @param cause what Redis answered, or what broke
 */
export function unavailable(cause: unknown, detail?: string): BirdsongError {
  const known = cause instanceof BirdsongError ? cause.reason : refusalOf(cause);
  return brokerUnavailable(known ?? 'unreachable', {
    cause,
    ...(detail !== undefined && { detail }),
  });
}
