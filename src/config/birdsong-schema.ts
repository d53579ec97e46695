import { z } from 'zod';
import { isBroker, type BrokerOption } from '../broker/broker-option.js';
import type { BirdsongOptions } from './birdsong-options.js';
import { flag, fraction, oneOf, option, whole } from './option.js';
import { redisSchema } from './redis-settings.js';

const MIB = 1024 * 1024;

const aFunction = <T>() =>
  z.custom<T>((value) => typeof value === 'function', { error: 'must be a function' });

const isIdentity = (value: unknown): boolean =>
  typeof value === 'function' ||
  typeof (value as { identify?: unknown } | null | undefined)?.identify === 'function';

/**
 * Every option of the module, once: types, checks, defaults, docs, variables, and `.env.example` come from here. After
 * a change, `npm run options`.
 */
export const birdsongSchema = z.strictObject({
  channels: option(z.record(z.string(), z.custom<BirdsongOptions['channels'][string]>()), {
    type: "Readonly<Record<string, import('../channels/policy.js').PolicyOptions<Claims>>>",
    text: 'The channels that exist: patterns, each with its policy. The first pattern that matches a name counts. A channel that no pattern matches does not exist.',
  }),
  redis: option(redisSchema.optional(), {
    type: "import('./redis-settings.js').RedisOptions",
    text: 'How to reach Redis (7.0 or newer): exactly one of `url`, `cluster` and `sentinel`.',
    unset: 'none; messages stay in the memory of this process and reach only its readers',
  }),
  broker: option(
    z
      .custom<BrokerOption>((value) => typeof value === 'function' || isBroker(value), {
        error: 'must be a Broker, a class that extends Broker, or a function that makes one',
      })
      .optional(),
    {
      type: "import('../broker/broker-option.js').BrokerOption",
      text: 'Your own broker instead of `redis`: a `Broker`, a class, or a function that makes one; docs/brokers.md explains how to write it. Nest injects what a class asks for: `BrokerSettings`, and what is global or imported by `forRootAsync`. A function gets the `BrokerSettings`. The module opens the broker when the app starts and closes it when the app closes, even if you made it, so each app needs its own.',
      unset: 'none',
    },
  ),
  identity: option(
    z
      .custom<NonNullable<BirdsongOptions['identity']>>(isIdentity, {
        error: 'must be an IdentityPort or the class of one',
      })
      .optional(),
    {
      type: `import('../channels/policy.js').IdentitySource<Claims>
        | import('@nestjs/common').Type<import('../channels/policy.js').IdentitySource<Claims>>`,
      text: "Finds out who makes a request to Birdsong's own routes: an `IdentityPort`, or the class of one. For a class, Birdsong takes the instance that a module of the app provides. If none does, Birdsong creates one and injects what global modules export. Use it instead of `identify`; docs/access.md has an example.",
      unset: 'nobody has an identity',
    },
  ),
  identify: option(aFunction<NonNullable<BirdsongOptions['identify']>>().optional(), {
    type: "(request: object): ReturnType<import('../channels/policy.js').IdentitySource<Claims>['identify']>",
    text: "The same, as a function. It gets the HTTP adapter's request. Throw an `UnauthorizedException` if the request claims an identity that it cannot prove.",
    unset: 'nobody has an identity',
  }),
  maxMessageBytes: option(whole(256, 16 * MIB).default(61_440), {
    variable: 'MAX_MESSAGE_BYTES',
    text: 'The largest message, in bytes of JSON with all its members. Some clients cannot read an event of more than 65,536 bytes; the default leaves room for its other fields.',
    inApp:
      "In your own app, the body parser has a limit too: `app.useBodyParser('json', { limit: '4mb' })` lets large messages and batches reach Birdsong.",
  }),
  idempotencySeconds: option(whole(1, 86_400).default(300), {
    variable: 'IDEMPOTENCY_SECONDS',
    text: 'Seconds for which Birdsong remembers an `Idempotency-Key`.',
  }),
  keepPositionsSeconds: option(whole(1, 315_360_000).default(2_592_000), {
    variable: 'KEEP_POSITIONS_SECONDS',
    text: 'Seconds for which a channel without new messages keeps its position, after its history has aged out. A reader that comes back later gets a gap, and a channel that is used again begins a new history. Each such channel takes some 700 bytes of Redis, or less of this process.',
  }),
  heartbeatSeconds: option(fraction(0.05, 3600).default(15), {
    variable: 'HEARTBEAT_SECONDS',
    text: 'Seconds of silence after which a stream gets a comment, so that no proxy takes it for dead. Keep this below the read timeout of every proxy in front (deploy/nginx: 60 s).',
  }),
  retryMs: option(whole(0, 3_600_000).default(2000), {
    variable: 'RETRY_MS',
    text: 'Milliseconds after which clients reconnect (`retry:`). Clients that a shutdown sends away wait between once and twice as long, at random.',
  }),
  drainSeconds: option(fraction(0, 3600).default(10), {
    variable: 'DRAIN_SECONDS',
    text: 'Seconds over which a shutdown sends readers away, at most. They leave in waves, so that they do not reach the other nodes all at once. At least 50 leave every 100 ms. 0 sends all away at once.',
    inApp: '`app.close()` is such a shutdown.',
    onServer:
      'Stopping the server takes at most 5 s longer: allow that much (docker compose: stop_grace_period).',
  }),
  maxChannelsPerStream: option(whole(1, 250).default(100), {
    variable: 'MAX_CHANNELS_PER_STREAM',
    text: 'The most channels that one stream may have. A client that resumes sends its positions in all of them in one header.',
  }),
  feedLingerSeconds: option(fraction(0, 3600).default(10), {
    variable: 'FEED_LINGER_SECONDS',
    text: 'Seconds for which a node stays subscribed to a channel after its last reader has left, so that returning readers are served from memory. 0 unsubscribes at once.',
  }),
  maxStreams: option(whole(1, 1_000_000).default(20_000), {
    text: 'The most clients that may read from this process at the same time, by a stream or a waiting long-poll. Further ones get 503 `overloaded`.',
    onServer: 'In the server it is nine tenths of `MAX_CONNECTIONS`.',
  }),
  maxFeeds: option(whole(1, 10_000_000).default(50_000), {
    variable: 'MAX_FEEDS',
    text: 'The most channels that this process may read at the same time. A stream or long-poll of another channel gets 503 `overloaded`. Channels without readers, which only linger, make room first.',
  }),
  maxRingBytes: option(whole(0, 2 ** 40).default(64 * MIB), {
    variable: 'MAX_RING_BYTES',
    text: 'Bytes of recent messages, over all channels, that this process keeps in memory for returning readers. Each channel keeps at most 1,024 messages. The broker has the rest.',
  }),
  maxUnsentBytes: option(whole(16 * 1024, 2 ** 30).default(MIB), {
    variable: 'MAX_UNSENT_BYTES',
    text: "Bytes that may wait for one client. Beyond them, its stream pauses until it has taken them, and continues as its channel's `slowReader` rule says. A client that takes nothing for `heartbeatSeconds` is closed; one that takes a part is not, however much waits.",
  }),
  maxTotalUnsentBytes: option(whole(MIB, 2 ** 40).default(128 * MIB), {
    variable: 'MAX_TOTAL_UNSENT_BYTES',
    text: 'Bytes that may wait for all clients of this process together. What waits for several clients counts once. Beyond it, the clients that have waited longest are cut off, and resume by their `Last-Event-ID`.',
  }),
  coalesceMs: option(whole(0, 1000).default(4), {
    variable: 'COALESCE_MS',
    text: 'Milliseconds, at most, for which messages of a channel are gathered under load, to be written together. Without load, nothing waits. 0 writes each message as it comes.',
  }),
  tuneExpress: option(flag().default(true), {
    text: 'Whether Node creates requests and responses with the prototypes that Express gives each of them anyway. This saves 2 kB of memory per open stream and makes every route of the app faster. It replaces the `request` and `response` prototypes of the Express app with ones that extend them. Without Express it does nothing.',
  }),
});

/**
 * What `forRoot` and `forRootAsync` take beside the options, as it shapes the module itself. Each has a default: by
 * those Nest knows which they are.
 */
export const extrasSchema = z.object({
  isGlobal: option(flag().default(true), {
    text: 'Whether every module can inject `Birdsong` without importing `BirdsongModule` again.',
  }),
  routes: option(flag().default(true), {
    text: 'Whether the module adds its own routes (`/channels/…`, `/events`).',
  }),
  lane: option(oneOf(['fast', 'observable']).default('fast'), {
    text: "How the module's own routes stream: `fast` writes shared bytes to each response; `observable` goes through Nest's `@Sse()` event by event, so that interceptors of your app see them.",
  }),
  decorators: option(z.array(aFunction<ClassDecorator>()).default([]), {
    type: 'readonly ClassDecorator[]',
    text: "Class decorators for the controllers of the module's own routes, such as `Public()` for a global guard of your app, `UseInterceptors(…)` or `Version(…)`.",
    unset: 'none',
  }),
});
