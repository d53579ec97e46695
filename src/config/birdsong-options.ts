// Written by `npm run options`: change the schema instead.

/** What `BirdsongModule.forRoot()` takes. */
export interface BirdsongOptions<Claims = import('../channels/policy.js').UnknownClaims> {
  /**
   * The channels that exist: patterns, each with its policy. The first pattern that matches a name counts. A channel
   * that matches none does not exist.
   */
  readonly channels: Readonly<
    Record<string, import('../channels/policy.js').PolicyOptions<Claims>>
  >;
  /**
   * How to reach Redis (7.0 or newer): exactly one of `url`, `cluster` and `sentinel`. Default: none; messages stay
   * in the memory of this process, and so do their readers.
   */
  readonly redis?: import('./redis-settings.js').RedisOptions | undefined;
  /**
   * A broker of your own instead of `redis`: a `Broker`, a class, or a function that makes one; docs/brokers.md says
   * how to write it. Nest injects what a class asks for: `BrokerSettings`, and what is global or imported by
   * `forRootAsync`. A function is given the `BrokerSettings`. The module opens the broker when the app starts and
   * closes it when the app closes, whoever made it, so each app needs one of its own. Default: none.
   */
  readonly broker?: import('../broker/broker-option.js').BrokerOption | undefined;
  /**
   * Who speaks in a request to Birdsong's own routes: an `IdentityPort`, or the class of one. Of a class, the
   * instance is taken that some module of the app provides. If none does, Birdsong makes one, with what global
   * modules export. In place of `identify`. Default: nobody has an identity.
   */
  readonly identity?:
    | import('../channels/policy.js').IdentitySource<Claims>
    | import('@nestjs/common').Type<import('../channels/policy.js').IdentitySource<Claims>>
    | undefined;
  /**
   * The same as a function. The request is the HTTP adapter's. Throw an `UnauthorizedException` for an identity that
   * is claimed and not proved. Default: nobody has an identity.
   */
  identify?(
    request: object,
  ): ReturnType<import('../channels/policy.js').IdentitySource<Claims>['identify']>;
  /**
   * The largest message, in bytes of JSON with all its members. In your own app the body parser has a limit too:
   * `app.useBodyParser('json', { limit: '4mb' })` lets large messages and batches reach Birdsong. A whole number from
   * 256 to 16 MiB. Default 65,536 (64 KiB).
   */
  readonly maxMessageBytes?: number | undefined;
  /**
   * Seconds for which an `Idempotency-Key` is remembered. A whole number from 1 to 86,400. Default 300.
   */
  readonly idempotencySeconds?: number | undefined;
  /**
   * Seconds of silence after which a stream gets a comment, so that no proxy takes it for dead. Keep it below the
   * read timeout of every proxy in front (deploy/nginx: 60 s). A number from 0.05 to 3600. Default 15.
   */
  readonly heartbeatSeconds?: number | undefined;
  /**
   * Milliseconds after which clients reconnect (`retry:`). Those that a shutdown sends away wait for once to twice as
   * long, at random. A whole number from 0 to 3,600,000. Default 2000.
   */
  readonly retryMs?: number | undefined;
  /**
   * The most seconds over which a shutdown sends readers away, in waves, so that they do not reach the other nodes
   * all at once. At least 50 leave every 100 ms. 0 sends all away at once. `app.close()` is such a shutdown. A number
   * from 0 to 3600. Default 10.
   */
  readonly drainSeconds?: number | undefined;
  /**
   * The most channels of one stream. When a client resumes, it sends its positions in all of them in one header. A
   * whole number from 1 to 250. Default 100.
   */
  readonly maxChannelsPerStream?: number | undefined;
  /**
   * Seconds for which a node stays subscribed to a channel after its last reader has left, so that readers who come
   * back are served from memory. 0 unsubscribes at once. A number from 0 to 3600. Default 10.
   */
  readonly feedLingerSeconds?: number | undefined;
  /**
   * The most clients that read from this process at the same time, by a stream or a waiting long-poll. One more is
   * refused with 503 `overloaded`. A whole number from 1 to 1,000,000. Default 20,000.
   */
  readonly maxStreams?: number | undefined;
  /**
   * The most channels that this process reads at the same time. A stream or long-poll of one more is refused with 503
   * `overloaded`. Channels that only linger make room first. A whole number from 1 to 10,000,000. Default 50,000.
   */
  readonly maxFeeds?: number | undefined;
  /**
   * Bytes of recent messages that this process keeps in memory for readers who come back, over all channels. Each
   * channel keeps 1,024 messages at the most. What is not in memory is read from the broker. A whole number from 0 to
   * 1 TiB. Default 67,108,864 (64 MiB).
   */
  readonly maxRingBytes?: number | undefined;
  /**
   * Bytes that may wait for one client that does not read, before its channel's `slowReader` rule applies. A whole
   * number from 16 KiB to 1 GiB. Default 1,048,576 (1 MiB).
   */
  readonly maxUnsentBytes?: number | undefined;
  /**
   * Bytes that may wait for all clients of this process together. What waits for several of them counts once. Beyond
   * it, those that have waited the longest are cut off, and resume by their `Last-Event-ID`. A whole number from 1
   * MiB to 1 TiB. Default 134,217,728 (128 MiB).
   */
  readonly maxTotalUnsentBytes?: number | undefined;
  /**
   * The most milliseconds, under load, for which messages of a channel are gathered to be written at once. Without
   * load nothing waits. 0 writes each as it comes. A whole number from 0 to 1000. Default 4.
   */
  readonly coalesceMs?: number | undefined;
  /**
   * Whether Node is told to make requests and responses with the prototypes that Express gives each of them anyway,
   * which saves 2 kB of memory for each open stream and makes every route of the app faster. It replaces the
   * `request` and `response` prototypes of the Express app by ones that extend them. Without Express it does nothing.
   * Default `true`.
   */
  readonly tuneExpress?: boolean | undefined;
}

/** What `forRoot` and `forRootAsync` take beside the options. */
export interface BirdsongModuleExtras {
  /**
   * Whether `Birdsong` can be injected everywhere, without importing the module again. Default `true`.
   */
  readonly isGlobal?: boolean | undefined;
  /** Whether the module adds its own routes (`/channels/…`, `/events`). Default `true`. */
  readonly routes?: boolean | undefined;
  /**
   * How the module's own routes stream: `fast` writes shared bytes to each response; `observable` goes through Nest's
   * `@Sse()` event by event, so that interceptors of your app see them. Default `fast`.
   */
  readonly lane?: 'fast' | 'observable' | undefined;
  /**
   * Class decorators for the controllers of the module's own routes: `Public()` for a global guard of your app,
   * `UseInterceptors(…)`, `Version(…)`. Default: none.
   */
  readonly decorators?: readonly ClassDecorator[] | undefined;
}
