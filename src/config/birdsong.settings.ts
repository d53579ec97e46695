import { z } from 'zod';
import { isBroker, type BrokerOption } from '../broker/broker.option.js';
import type { BirdsongOptions } from './birdsong.options.js';
import { redisSchema, type RedisSettings } from './redis.settings.js';

const whole = (min: number, max: number) => z.number().int().min(min).max(max);
const seconds = (max: number) => z.number().min(0).max(max);

const isIdentity = (value: unknown): boolean =>
  typeof value === 'function' ||
  typeof (value as { identify?: unknown } | null | undefined)?.identify === 'function';

const settingsSchema = z.strictObject({
  channels: z.record(z.string(), z.custom<BirdsongOptions['channels'][string]>()),
  redis: redisSchema.optional(),
  broker: z
    .custom<BrokerOption>((value) => typeof value === 'function' || isBroker(value), {
      error: 'must be a Broker, a class that extends Broker, or a function that makes one',
    })
    .optional(),
  identity: z
    .custom<NonNullable<BirdsongOptions['identity']>>(isIdentity, {
      error: 'must be an IdentityPort or the class of one',
    })
    .optional(),
  identify: z
    .custom<NonNullable<BirdsongOptions['identify']>>((value) => typeof value === 'function', {
      error: 'must be a function',
    })
    .optional(),
  maxMessageBytes: whole(256, 16 * 1024 * 1024).default(65_536),
  idempotencySeconds: whole(1, 86_400).default(300),
  heartbeatSeconds: z.number().min(0.05).max(3600).default(15),
  retryMs: whole(0, 3_600_000).default(2000),
  drainSeconds: seconds(3600).default(10),
  maxChannelsPerStream: whole(1, 250).default(100),
  feedLingerSeconds: seconds(3600).default(10),
  maxStreams: whole(1, 1_000_000).default(20_000),
  maxFeeds: whole(1, 10_000_000).default(50_000),
  maxRingBytes: whole(0, 2 ** 40).default(64 * 1024 * 1024),
  maxUnsentBytes: whole(16 * 1024, 2 ** 30).default(1024 * 1024),
  maxTotalUnsentBytes: whole(2 ** 20, 2 ** 40).default(128 * 1024 * 1024),
  coalesceMs: whole(0, 1000).default(4),
  tuneExpress: z.boolean().default(true),
});

const consistentSchema = settingsSchema.refine(({ broker, redis }) => !broker || !redis, {
  error: 'broker and redis contradict each other: set one',
});

type Resolved = Readonly<z.output<typeof settingsSchema>>;

/** The options with every default in its place: checked once, at boot, and frozen. */
export class BirdsongSettings {
  readonly channels: Resolved['channels'];
  readonly redis: RedisSettings | undefined;
  readonly identity: Resolved['identity'];
  readonly broker: BrokerOption | undefined;
  readonly identify: Resolved['identify'];
  readonly maxMessageBytes: number;
  readonly idempotencyMs: number;
  readonly heartbeatMs: number;
  readonly retryMs: number;
  readonly drainMs: number;
  readonly maxChannelsPerStream: number;
  readonly feedLingerMs: number;
  readonly maxStreams: number;
  readonly maxFeeds: number;
  readonly maxRingBytes: number;
  readonly maxUnsentBytes: number;
  readonly maxTotalUnsentBytes: number;
  readonly coalesceMs: number;
  readonly tuneExpress: boolean;

  /** @throws Error that names every option that is not valid */
  constructor(options: BirdsongOptions) {
    const result = consistentSchema.safeParse(options);
    if (!result.success) {
      const faults = result.error.issues.map(
        (issue) => `${issue.path.join('.') || 'options'}: ${issue.message}`,
      );
      throw new Error(`Birdsong: ${faults.join('; ')}`);
    }
    const { data } = result;
    if (data.identity && data.identify) {
      throw new Error('Birdsong: identity and identify contradict each other');
    }
    this.channels = data.channels;
    this.redis = data.redis && Object.freeze(data.redis);
    this.identity = data.identity;
    this.broker = data.broker;
    this.identify = data.identify;
    this.maxMessageBytes = data.maxMessageBytes;
    this.idempotencyMs = data.idempotencySeconds * 1000;
    this.heartbeatMs = data.heartbeatSeconds * 1000;
    this.retryMs = data.retryMs;
    this.drainMs = data.drainSeconds * 1000;
    this.maxChannelsPerStream = data.maxChannelsPerStream;
    this.feedLingerMs = data.feedLingerSeconds * 1000;
    this.maxStreams = data.maxStreams;
    this.maxFeeds = data.maxFeeds;
    this.maxRingBytes = data.maxRingBytes;
    this.maxUnsentBytes = data.maxUnsentBytes;
    this.maxTotalUnsentBytes = data.maxTotalUnsentBytes;
    this.coalesceMs = data.coalesceMs;
    this.tuneExpress = data.tuneExpress;
    Object.freeze(this);
  }
}
