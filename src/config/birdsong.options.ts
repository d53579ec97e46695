import type { Type } from '@nestjs/common';
import type { BrokerOption } from '../broker/broker.option.js';
import type { IdentitySource, PolicyOptions, UnknownClaims } from '../channels/policy.js';
import type { RedisOptions } from './redis.options.js';

export interface BirdsongOptions<Claims = UnknownClaims> {
  /**
   * The channels that exist: what holds for each pattern, the first that matches. A channel that
   * matches none does not exist.
   */
  readonly channels: Readonly<Record<string, PolicyOptions<Claims>>>;
  /** Default: none; messages stay in the memory of this process, and so do their readers. */
  readonly redis?: RedisOptions | undefined;
  /**
   * A broker of your own instead of `redis`: a `Broker`, a class, or a function that makes one; docs/brokers.md says
   * how to write it. Nest injects what a class asks for: `BrokerSettings`, and what is global or imported by
   * `forRootAsync`. A function is given the `BrokerSettings`. The module opens the broker when the app starts and
   * closes it when the app closes, whoever made it, so each app needs one of its own. Default: none.
   */
  readonly broker?: BrokerOption | undefined;
  /**
   * Says who a request of Birdsong's own routes speaks for: an `IdentityPort`, or the class of one. Of a class, the
   * instance is taken that some module of the app provides; if none does, Birdsong makes one, with what global modules
   * export. In place of `identify`. Default: nobody has an identity.
   */
  readonly identity?: IdentitySource<Claims> | Type<IdentitySource<Claims>> | undefined;
  /**
   * The same as a function; the request is the HTTP adapter's. Throw an `UnauthorizedException` for an identity that is
   * claimed and not proved.
   */
  identify?(request: object): ReturnType<IdentitySource<Claims>['identify']>;
  /**
   * The largest message in bytes, as JSON with all its members. Default 65,536. In your own app the body parser
   * has a limit too: `app.useBodyParser('json', { limit: '4mb' })` lets large messages and batches reach Birdsong.
   */
  readonly maxMessageBytes?: number | undefined;
  /** Seconds for which an idempotency key is remembered. Default 300. */
  readonly idempotencySeconds?: number | undefined;
  /**
   * Seconds of silence after which a stream gets a comment, so that nobody on the way takes it for dead.
   * Keep it below the read timeout of the proxies in front. Default 15.
   */
  readonly heartbeatSeconds?: number | undefined;
  /**
   * Milliseconds after which clients reconnect (`retry:`); those that are sent away by a shutdown, after once to twice
   * as long, at random. Default 2000.
   */
  readonly retryMs?: number | undefined;
  /**
   * Seconds over which `app.close()` sends the readers away, in waves, so that they do not come to the other nodes
   * all at once. Few of them leave sooner: at least 50 every 100 ms. Default 10; 0 sends all away at once.
   */
  readonly drainSeconds?: number | undefined;
  /**
   * The most channels of one stream, 250 at most: a client sends the positions of all of them in a header when it
   * resumes. Default 100.
   */
  readonly maxChannelsPerStream?: number | undefined;
  /**
   * Seconds for which a channel that lost its last reader stays subscribed on this node, so that readers
   * who come back are served from memory. Default 10; 0 leaves at once.
   */
  readonly feedLingerSeconds?: number | undefined;
  /**
   * The most clients that read from this process at the same time, by a stream or a waiting long-poll. Whoever comes
   * beyond is refused with 503 `overloaded`. Default 20,000.
   */
  readonly maxStreams?: number | undefined;
  /**
   * The most channels that this process reads at the same time. A stream or long-poll of one more is refused with 503
   * `overloaded`; channels that only linger make room first. Default 50,000.
   */
  readonly maxFeeds?: number | undefined;
  /**
   * Bytes of recent messages that this node keeps at hand for readers who come back, over all channels;
   * each keeps 1,024 messages at the most. What is not at hand is read from the broker. Default 67,108,864
   * (64 MiB).
   */
  readonly maxRingBytes?: number | undefined;
  /**
   * Bytes that may wait for a client that does not read, before its channel's `slowReader` rule is applied.
   * Default 1,048,576 (1 MiB).
   */
  readonly maxUnsentBytes?: number | undefined;
  /**
   * Bytes that may wait for all clients of this process together; what several of them wait for counts once. Beyond
   * it, those that have waited the longest are cut off, and come back by their Last-Event-ID. Default 134,217,728
   * (128 MiB).
   */
  readonly maxTotalUnsentBytes?: number | undefined;
  /**
   * The most milliseconds, under load, for which messages of a channel are gathered to be written at
   * once. Nothing waits while there is no load. Default 4; 0 writes each as it comes.
   */
  readonly coalesceMs?: number | undefined;
  /**
   * Whether Node is told to make requests and responses with the prototypes that Express gives each of them anyway,
   * which saves 2 kB of memory for each open stream and makes every route of the app faster. It replaces the
   * `request` and `response` prototypes of the Express app by ones that extend them. Default true; without Express it
   * does nothing.
   */
  readonly tuneExpress?: boolean | undefined;
}
