import type { ConnectionOptions } from 'node:tls';
import { z } from 'zod';
import { nonEmpty, option, whole } from './option.js';
import { readAddresses, readFlag } from './variable-text.js';

const address = option(
  z.strictObject({
    host: option(nonEmpty(), { text: 'A name or an IP address.' }),
    port: option(whole(1, 65_535), { text: 'Its TCP port.' }),
  }),
  { type: 'RedisAddress', text: 'The address at which a Redis or a Sentinel listens.' },
);

const addresses = () => z.array(address).min(1, { error: 'must name at least one node' });

const sentinelCredentials = z.strictObject({
  username: option(nonEmpty().optional(), {
    variable: 'REDIS_SENTINEL_USERNAME',
    example: 'birdsong',
    text: 'The user name for the Sentinels.',
    unset: 'their `default` user',
  }),
  password: option(nonEmpty().optional(), {
    variable: 'REDIS_SENTINEL_PASSWORD',
    text: 'The password of that user.',
    unset: 'none',
  }),
});

const sentinel = z.strictObject({
  nodes: option(addresses(), {
    variable: 'REDIS_SENTINELS',
    example: 'sentinel-1:26379,sentinel-2:26379,sentinel-3:26379',
    read: readAddresses,
    text: 'The Sentinels. One that answers is enough.',
    onServer: '`REDIS_SENTINELS` and `REDIS_SENTINEL_NAME` together replace `REDIS_URL`.',
  }),
  name: option(nonEmpty(), {
    variable: 'REDIS_SENTINEL_NAME',
    example: 'mymaster',
    text: 'The name by which the Sentinels know the master, as in `sentinel monitor <name> …`.',
  }),
  credentials: option(sentinelCredentials.optional(), {
    type: 'RedisCredentials',
    text: 'User and password for the Sentinels. They are independent of those for Redis.',
    unset: 'none',
  }),
});

/** The ways to reach Redis, of which exactly one must be set. */
export const redisServers = z.strictObject({
  url: option(
    // Aborts, as a malformed URL cannot be compared with other options.
    z.url({
      protocol: /^rediss?$/,
      error: 'must be redis://… or rediss://…',
      abort: true,
    }),
    {
      variable: 'REDIS_URL',
      example: 'redis://127.0.0.1:6379',
      text: 'One Redis: `redis://[[user]:password@]host[:port][/db]`, or `rediss://` for TLS.',
      onServer: 'It carries messages between nodes and keeps history; docs/redis.md has more.',
      unset: 'one node, which keeps messages only in its memory',
    },
  ),
  cluster: option(addresses(), {
    variable: 'REDIS_CLUSTER_NODES',
    example: 'redis-1:6379,redis-2:6379,redis-3:6379',
    read: readAddresses,
    text: 'A Redis Cluster: some of its nodes, masters or replicas. Birdsong finds the others through them.',
    onServer: '`REDIS_CLUSTER_NODES` replaces `REDIS_URL`.',
  }),
  sentinel: option(sentinel, {
    type: 'RedisSentinelOptions',
    text: 'One Redis with replicas. When it fails, Sentinels promote a replica to master.',
  }),
});

/** The options for every kind of Redis. */
export const redisCommon = z.strictObject({
  username: option(nonEmpty().optional(), {
    variable: 'REDIS_USERNAME',
    example: 'birdsong',
    text: 'The user name for Redis. docs/redis.md lists the rights it needs.',
    unset: "what the URL says, or Redis' own `default` user",
  }),
  password: option(nonEmpty().optional(), {
    variable: 'REDIS_PASSWORD',
    text: 'The password of that user.',
    unset: 'what the URL says, or none',
  }),
  tls: option(
    z
      .union(
        [
          z.boolean(),
          z.custom<ConnectionOptions>((value) => typeof value === 'object' && value !== null),
        ],
        { error: 'must be true, false, or what tls.connect takes' },
      )
      .optional(),
    {
      variable: 'REDIS_TLS',
      example: 'true',
      read: readFlag,
      type: "boolean | import('node:tls').ConnectionOptions",
      text: '`true` for TLS to Redis, and to the Sentinels.',
      inApp:
        "An app may instead give what Node's `tls.connect` takes: `ca` for a CA of your own, `cert` and `key` if Redis asks its clients for a certificate.",
      onServer: 'With `REDIS_URL`, write `rediss://` instead.',
      unset: 'TLS for a `rediss://` URL, with the CAs that Node knows; otherwise none',
    },
  ),
  keyPrefix: option(
    z
      .string()
      .regex(/^[\w:-]{1,64}$/, { error: 'must be 1 to 64 characters of A-Z a-z 0-9 _ - :' })
      .default('birdsong'),
    {
      variable: 'REDIS_KEY_PREFIX',
      text: 'Prefix of all keys and pub/sub channels, so that several deployments can share one Redis.',
    },
  ),
  commandTimeoutMs: option(whole(10, 60_000).default(3000), {
    variable: 'REDIS_COMMAND_TIMEOUT_MS',
    text: "Milliseconds after which an unanswered command has failed: a send then gets 503, and the connection counts as dead. Birdsong follows a cluster's redirections for as long.",
  }),
  waitForReplicas: option(whole(0, 100).default(0), {
    variable: 'REDIS_WAIT_FOR_REPLICAS',
    text: "How many replicas must have a message before its send is acknowledged. With as many as each master has, no failover loses anything acknowledged. A send then takes two more round trips (Redis' `WAIT`), and fails with `broker-unavailable` if the replicas do not have the message in time.",
  }),
  probeIntervalMs: option(whole(100, 600_000).default(5000), {
    variable: 'REDIS_PROBE_INTERVAL_MS',
    text: 'Milliseconds between checks that messages published in Redis still reach this node, and that the masters are still the same.',
  }),
});

/** How to reach Redis, without the checks across options. */
export const redisFields = z.strictObject({
  ...redisServers.partial().shape,
  ...redisCommon.shape,
});
