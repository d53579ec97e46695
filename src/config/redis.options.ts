import type { ConnectionOptions } from 'node:tls';

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

/** Who Birdsong is at Redis. */
export interface RedisCredentials {
  /** Default: Redis' own `default` user. */
  readonly username?: string | undefined;
  /** Default: none. */
  readonly password?: string | undefined;
}

/** Sentinels, and what they watch. */
export interface RedisSentinelOptions {
  /** The name by which the Sentinels know the master, as in `sentinel monitor <name> …`. */
  readonly name: string;
  /** The Sentinels; one that answers is enough. */
  readonly nodes: readonly RedisAddress[];
  /** Who Birdsong is at the Sentinels. Default: nobody, whatever it is at Redis. */
  readonly credentials?: RedisCredentials | undefined;
}

/** One Redis. */
interface OneRedis {
  /** `redis://[[user]:password@]host[:port][/db]`, or `rediss://` for TLS. */
  readonly url: string;
  readonly cluster?: undefined;
  readonly sentinel?: undefined;
}

/** A Redis Cluster. */
interface ClusteredRedis {
  /** Some of its nodes, whatever their role: the others are found through them. */
  readonly cluster: readonly RedisAddress[];
  readonly url?: undefined;
  readonly sentinel?: undefined;
}

/** One Redis with replicas, one of which Sentinels make the master when it fails. */
interface WatchedRedis {
  readonly sentinel: RedisSentinelOptions;
  readonly url?: undefined;
  readonly cluster?: undefined;
}

/** How Birdsong reaches Redis (7.0 or newer): exactly one of `url`, `cluster` and `sentinel`. */
export type RedisOptions = (OneRedis | ClusteredRedis | WatchedRedis) & RedisCommonOptions;

/** What holds for each kind. */
export interface RedisCommonOptions extends RedisCredentials {
  /**
   * `true`, or what Node's `tls.connect` takes: `ca` for a CA of your own, `cert` and `key` where Redis wants to
   * know its clients. Holds for Redis and for Sentinels. Default: TLS with a `rediss://` URL, with the CAs that
   * Node knows; none otherwise.
   */
  readonly tls?: boolean | ConnectionOptions | undefined;
  /** What the names of all keys and pub/sub channels begin with. Default `birdsong`. */
  readonly keyPrefix?: string | undefined;
  /**
   * Milliseconds after which an unanswered command counts as failed, and for which a cluster's redirections are
   * followed. Default 3000.
   */
  readonly commandTimeoutMs?: number | undefined;
  /**
   * How many replicas must have a message before its send is acknowledged. With as many as each master has, no
   * failover loses what was acknowledged. A send then takes two more round trips (Redis' `WAIT`), and fails with
   * `broker-unavailable` if the replicas do not have the message within `commandTimeoutMs`. Default 0.
   */
  readonly waitForReplicas?: number | undefined;
  /**
   * Milliseconds between probes of the subscriber connections, which find one that looks alive and delivers
   * nothing, and between questions who the masters are. Default 5000.
   */
  readonly probeIntervalMs?: number | undefined;
}
