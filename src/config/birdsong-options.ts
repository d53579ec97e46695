// Written by `npm run options`: change the schema instead.

/** What `BirdsongModule.forRoot()` takes. */
export interface BirdsongOptions<Claims = import('../channels/policy.js').UnknownClaims> {
  /**
   * The channels that exist: patterns, each with its policy. The first pattern that matches a name counts. A channel
   * that no pattern matches does not exist.
   */
  readonly channels: Readonly<
    Record<string, import('../channels/policy.js').PolicyOptions<Claims>>
  >;
  /**
   * How to reach Redis (7.0 or newer): exactly one of `url`, `cluster` and `sentinel`. Default: none; messages stay
   * in the memory of this process and reach only its readers.
   */
  readonly redis?: import('./redis-settings.js').RedisOptions | undefined;
  /**
   * Your own broker instead of `redis`: a `Broker`, a class, or a function that makes one; docs/brokers.md explains
   * how to write it. Nest injects what a class asks for: `BrokerSettings`, and what is global or imported by
   * `forRootAsync`. A function gets the `BrokerSettings`. The module opens the broker when the app starts and closes
   * it when the app closes, even if you made it, so each app needs its own. Default: none.
   */
  readonly broker?: import('../broker/broker-option.js').BrokerOption | undefined;
  /**
   * Finds out who makes a request to Birdsong's own routes: an `IdentityPort`, or the class of one. For a class,
   * Birdsong takes the instance that a module of the app provides. If none does, Birdsong creates one and injects
   * what global modules export. Use it instead of `identify`; docs/access.md has an example. Default: nobody has an
   * identity.
   */
  readonly identity?:
    | import('../channels/policy.js').IdentitySource<Claims>
    | import('@nestjs/common').Type<import('../channels/policy.js').IdentitySource<Claims>>
    | undefined;
  /**
   * The same, as a function. It gets the HTTP adapter's request. Throw an `UnauthorizedException` if the request
   * claims an identity that it cannot prove. Default: nobody has an identity.
   */
  identify?(
    request: object,
  ): ReturnType<import('../channels/policy.js').IdentitySource<Claims>['identify']>;
  /**
   * The largest message, in bytes of JSON with all its members. Some clients cannot read an event of more than 65,536
   * bytes; the default leaves room for its other fields. In your own app, the body parser has a limit too:
   * `app.useBodyParser('json', { limit: '4mb' })` lets large messages and batches reach Birdsong. A whole number from
   * 256 to 16 MiB. Default 61,440 (60 KiB).
   */
  readonly maxMessageBytes?: number | undefined;
  /**
   * Seconds for which Birdsong remembers an `Idempotency-Key`. A whole number from 1 to 86,400. Default 300.
   */
  readonly idempotencySeconds?: number | undefined;
  /**
   * Seconds for which a channel without new messages keeps its position, after its history has aged out. A reader
   * that comes back later gets a gap, and a channel that is used again begins a new history. Each such channel takes
   * some 700 bytes of Redis, or less of this process. A whole number from 1 to 315,360,000. Default 2,592,000.
   */
  readonly keepPositionsSeconds?: number | undefined;
  /**
   * Seconds of silence after which a stream gets a comment, so that no proxy takes it for dead. Keep this below the
   * read timeout of every proxy in front (deploy/nginx: 60 s). A number from 0.05 to 3600. Default 15.
   */
  readonly heartbeatSeconds?: number | undefined;
  /**
   * Milliseconds after which clients reconnect (`retry:`). Clients that a shutdown sends away wait between once and
   * twice as long, at random. A whole number from 0 to 3,600,000. Default 2000.
   */
  readonly retryMs?: number | undefined;
  /**
   * Seconds over which a shutdown sends readers away, at most. They leave in waves, so that they do not reach the
   * other nodes all at once. At least 50 leave every 100 ms. 0 sends all away at once. `app.close()` is such a
   * shutdown. A number from 0 to 3600. Default 10.
   */
  readonly drainSeconds?: number | undefined;
  /**
   * The most channels that one stream may have. A client that resumes sends its positions in all of them in one
   * header. A whole number from 1 to 250. Default 100.
   */
  readonly maxChannelsPerStream?: number | undefined;
  /**
   * Seconds for which a node stays subscribed to a channel after its last reader has left, so that returning readers
   * are served from memory. 0 unsubscribes at once. A number from 0 to 3600. Default 10.
   */
  readonly feedLingerSeconds?: number | undefined;
  /**
   * The most clients that may read from this process at the same time, by a stream or a waiting long-poll. Further
   * ones get 503 `overloaded`. A whole number from 1 to 1,000,000. Default 20,000.
   */
  readonly maxStreams?: number | undefined;
  /**
   * The most channels that this process may read at the same time. A stream or long-poll of another channel gets 503
   * `overloaded`. Channels without readers, which only linger, make room first. A whole number from 1 to 10,000,000.
   * Default 50,000.
   */
  readonly maxFeeds?: number | undefined;
  /**
   * Bytes of recent messages, over all channels, that this process keeps in memory for returning readers. Each
   * channel keeps at most 1,024 messages. The broker has the rest. A whole number from 0 to 1 TiB. Default 67,108,864
   * (64 MiB).
   */
  readonly maxRingBytes?: number | undefined;
  /**
   * Bytes that may wait for one client. Beyond them, its stream pauses until it has taken them, and continues as its
   * channel's `slowReader` rule says. A client that takes nothing for `heartbeatSeconds` is closed; one that takes a
   * part is not, however much waits. A whole number from 16 KiB to 1 GiB. Default 1,048,576 (1 MiB).
   */
  readonly maxUnsentBytes?: number | undefined;
  /**
   * Bytes that may wait for all clients of this process together. What waits for several clients counts once. Beyond
   * it, the clients that have waited longest are cut off, and resume by their `Last-Event-ID`. A whole number from 1
   * MiB to 1 TiB. Default 134,217,728 (128 MiB).
   */
  readonly maxTotalUnsentBytes?: number | undefined;
  /**
   * Milliseconds, at most, for which messages of a channel are gathered under load, to be written together. Without
   * load, nothing waits. 0 writes each message as it comes. A whole number from 0 to 1000. Default 4.
   */
  readonly coalesceMs?: number | undefined;
  /**
   * Whether Node creates requests and responses with the prototypes that Express gives each of them anyway. This
   * saves 2 kB of memory per open stream and makes every route of the app faster. It replaces the `request` and
   * `response` prototypes of the Express app with ones that extend them. Without Express it does nothing. Default
   * `true`.
   */
  readonly tuneExpress?: boolean | undefined;
}

/** What `forRoot` and `forRootAsync` take beside the options. */
export interface BirdsongModuleExtras {
  /**
   * Whether every module can inject `Birdsong` without importing `BirdsongModule` again. Default `true`.
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
   * Class decorators for the controllers of the module's own routes, such as `Public()` for a global guard of your
   * app, `UseInterceptors(…)` or `Version(…)`. Default: none.
   */
  readonly decorators?: readonly ClassDecorator[] | undefined;
}
