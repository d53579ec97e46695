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
 * Every option of the module. Types, checks, defaults, docs, variables and `.env.example` derive from this schema. Run
 * `npm run options` after a change.
 */
export const birdsongSchema = z.strictObject({
  channels: option(z.record(z.string(), z.custom<BirdsongOptions['channels'][string]>()), {
    type: "Readonly<Record<string, import('../channels/policy.js').PolicyOptions<Claims>>>",
    text: 'The channels that exist: patterns, each with its policy. The first pattern that matches a name counts. A channel that matches none does not exist.',
  }),
  redis: option(redisSchema.optional(), {
    type: "import('./redis-settings.js').RedisOptions",
    text: 'How to reach Redis (7.0 or newer): exactly one of `url`, `cluster` and `sentinel`.',
    unset: 'none; messages stay in the memory of this process, and so do their readers',
  }),
  broker: option(
    z
      .custom<BrokerOption>((value) => typeof value === 'function' || isBroker(value), {
        error: 'must be a Broker, a class that extends Broker, or a function that makes one',
      })
      .optional(),
    {
      type: "import('../broker/broker-option.js').BrokerOption",
      text: 'A broker of your own instead of `redis`: a `Broker`, a class, or a function that makes one; docs/brokers.md says how to write it. Nest injects what a class asks for: `BrokerSettings`, and what is global or imported by `forRootAsync`. A function is given the `BrokerSettings`. The module opens the broker when the app starts and closes it when the app closes, whoever made it, so each app needs one of its own.',
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
      text: "Who speaks in a request to Birdsong's own routes: an `IdentityPort`, or the class of one. Of a class, the instance is taken that some module of the app provides. If none does, Birdsong makes one, with what global modules export. In place of `identify`.",
      unset: 'nobody has an identity',
    },
  ),
  identify: option(aFunction<NonNullable<BirdsongOptions['identify']>>().optional(), {
    type: "(request: object): ReturnType<import('../channels/policy.js').IdentitySource<Claims>['identify']>",
    text: "The same as a function. The request is the HTTP adapter's. Throw an `UnauthorizedException` for an identity that is claimed and not proved.",
    unset: 'nobody has an identity',
  }),
  maxMessageBytes: option(whole(256, 16 * MIB).default(65_536), {
    variable: 'MAX_MESSAGE_BYTES',
    text: 'The largest message, in bytes of JSON with all its members.',
    inApp:
      "In your own app the body parser has a limit too: `app.useBodyParser('json', { limit: '4mb' })` lets large messages and batches reach Birdsong.",
  }),
  idempotencySeconds: option(whole(1, 86_400).default(300), {
    variable: 'IDEMPOTENCY_SECONDS',
    text: 'Seconds for which an `Idempotency-Key` is remembered.',
  }),
  heartbeatSeconds: option(fraction(0.05, 3600).default(15), {
    variable: 'HEARTBEAT_SECONDS',
    text: 'Seconds of silence after which a stream gets a comment, so that no proxy takes it for dead. Keep it below the read timeout of every proxy in front (deploy/nginx: 60 s).',
  }),
  retryMs: option(whole(0, 3_600_000).default(2000), {
    variable: 'RETRY_MS',
    text: 'Milliseconds after which clients reconnect (`retry:`). Those that a shutdown sends away wait for once to twice as long, at random.',
  }),
  drainSeconds: option(fraction(0, 3600).default(10), {
    variable: 'DRAIN_SECONDS',
    text: 'The most seconds over which a shutdown sends readers away, in waves, so that they do not reach the other nodes all at once. At least 50 leave every 100 ms. 0 sends all away at once.',
    inApp: '`app.close()` is such a shutdown.',
    onServer:
      'The stop of the server takes 5 s longer at the most: give it that much (docker compose: stop_grace_period).',
  }),
  maxChannelsPerStream: option(whole(1, 250).default(100), {
    variable: 'MAX_CHANNELS_PER_STREAM',
    text: 'The most channels of one stream. When a client resumes, it sends its positions in all of them in one header.',
  }),
  feedLingerSeconds: option(fraction(0, 3600).default(10), {
    variable: 'FEED_LINGER_SECONDS',
    text: 'Seconds for which a node stays subscribed to a channel after its last reader has left, so that readers who come back are served from memory. 0 unsubscribes at once.',
  }),
  maxStreams: option(whole(1, 1_000_000).default(20_000), {
    text: 'The most clients that read from this process at the same time, by a stream or a waiting long-poll. One more is refused with 503 `overloaded`.',
    onServer: 'In the server it is nine tenths of `MAX_CONNECTIONS`.',
  }),
  maxFeeds: option(whole(1, 10_000_000).default(50_000), {
    variable: 'MAX_FEEDS',
    text: 'The most channels that this process reads at the same time. A stream or long-poll of one more is refused with 503 `overloaded`. Channels that only linger make room first.',
  }),
  maxRingBytes: option(whole(0, 2 ** 40).default(64 * MIB), {
    variable: 'MAX_RING_BYTES',
    text: 'Bytes of recent messages that this process keeps in memory for readers who come back, over all channels. Each channel keeps 1,024 messages at the most. What is not in memory is read from the broker.',
  }),
  maxUnsentBytes: option(whole(16 * 1024, 2 ** 30).default(MIB), {
    variable: 'MAX_UNSENT_BYTES',
    text: "Bytes that may wait for one client that does not read, before its channel's `slowReader` rule applies.",
  }),
  maxTotalUnsentBytes: option(whole(MIB, 2 ** 40).default(128 * MIB), {
    variable: 'MAX_TOTAL_UNSENT_BYTES',
    text: 'Bytes that may wait for all clients of this process together. What waits for several of them counts once. Beyond it, those that have waited the longest are cut off, and resume by their `Last-Event-ID`.',
  }),
  coalesceMs: option(whole(0, 1000).default(4), {
    variable: 'COALESCE_MS',
    text: 'The most milliseconds, under load, for which messages of a channel are gathered to be written at once. Without load nothing waits. 0 writes each as it comes.',
  }),
  tuneExpress: option(flag().default(true), {
    text: 'Whether Node is told to make requests and responses with the prototypes that Express gives each of them anyway, which saves 2 kB of memory for each open stream and makes every route of the app faster. It replaces the `request` and `response` prototypes of the Express app by ones that extend them. Without Express it does nothing.',
  }),
});

/**
 * What `forRoot` and `forRootAsync` take beside the options, because it shapes the module itself. Each needs a default:
 * Nest recognises extras by their defaults.
 */
export const extrasSchema = z.object({
  isGlobal: option(flag().default(true), {
    text: 'Whether `Birdsong` can be injected everywhere, without importing the module again.',
  }),
  routes: option(flag().default(true), {
    text: 'Whether the module adds its own routes (`/channels/…`, `/events`).',
  }),
  lane: option(oneOf(['fast', 'observable']).default('fast'), {
    text: "How the module's own routes stream: `fast` writes shared bytes to each response; `observable` goes through Nest's `@Sse()` event by event, so that interceptors of your app see them.",
  }),
  decorators: option(z.array(aFunction<ClassDecorator>()).default([]), {
    type: 'readonly ClassDecorator[]',
    text: "Class decorators for the controllers of the module's own routes: `Public()` for a global guard of your app, `UseInterceptors(…)`, `Version(…)`.",
    unset: 'none',
  }),
});
