// Written by `npm run options`: change the schema instead.

/** Where a Redis or a Sentinel listens. */
export interface RedisAddress {
  /** A name or an IP address. */
  readonly host: string;
  /** Its TCP port. A whole number from 1 to 65,535. */
  readonly port: number;
}

/** Who this process is at the Sentinels, whoever it is at Redis. */
export interface RedisCredentials {
  /** The user that this process is at the Sentinels. Default: their `default` user. */
  readonly username?: string | undefined;
  /** The password of that user. Default: none. */
  readonly password?: string | undefined;
}

/** One Redis with replicas, one of which Sentinels make the master when it fails. */
export interface RedisSentinelOptions {
  /** The Sentinels. One that answers is enough. */
  readonly nodes: readonly RedisAddress[];
  /** The name by which the Sentinels know the master, as in `sentinel monitor <name> …`. */
  readonly name: string;
  /** Who this process is at the Sentinels, whoever it is at Redis. Default: nobody. */
  readonly credentials?: RedisCredentials | undefined;
}

/** Which Redis: exactly one of these. */
export interface RedisServers {
  /** One Redis: `redis://[[user]:password@]host[:port][/db]`, or `rediss://` for TLS. */
  readonly url: string;
  /** A Redis Cluster: some of its nodes, whatever their role. The others are found through them. */
  readonly cluster: readonly RedisAddress[];
  /** One Redis with replicas, one of which Sentinels make the master when it fails. */
  readonly sentinel: RedisSentinelOptions;
}

/** What holds for each kind of Redis. */
export interface RedisCommonOptions {
  /**
   * The user that this process is at Redis. docs/redis.md lists the rights it needs. Default: what the URL says, or
   * Redis' own `default` user.
   */
  readonly username?: string | undefined;
  /** The password of that user. Default: what the URL says, or none. */
  readonly password?: string | undefined;
  /**
   * `true` for TLS to Redis, and to the Sentinels. An app may give what Node's `tls.connect` takes instead: `ca` for
   * a CA of your own, `cert` and `key` where Redis asks its clients for a certificate. Default: TLS with a
   * `rediss://` URL, with the CAs that Node knows; none otherwise.
   */
  readonly tls?: boolean | import('node:tls').ConnectionOptions | undefined;
  /**
   * What the names of all keys and pub/sub channels begin with, so that several deployments can share one Redis.
   * Default `birdsong`.
   */
  readonly keyPrefix?: string | undefined;
  /**
   * Milliseconds after which an unanswered command counts as failed, and for which a cluster's redirections are
   * followed. A send is then refused with 503, and the connection counts as dead. A whole number from 10 to 60,000.
   * Default 3000.
   */
  readonly commandTimeoutMs?: number | undefined;
  /**
   * How many replicas must have a message before its send is acknowledged. With as many as each master has, no
   * failover loses what was acknowledged. A send then takes two more round trips (Redis' `WAIT`), and fails with
   * `broker-unavailable` if the replicas do not have the message in time. A whole number from 0 to 100. Default 0.
   */
  readonly waitForReplicas?: number | undefined;
  /**
   * Milliseconds between two checks that what is published in Redis still reaches this node, and that the masters are
   * still the same. A whole number from 100 to 600,000. Default 5000.
   */
  readonly probeIntervalMs?: number | undefined;
}
