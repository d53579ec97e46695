// Written by `npm run options`: change the schema instead.

/** The address at which a Redis or a Sentinel listens. */
export interface RedisAddress {
  /** A name or an IP address. */
  readonly host: string;
  /** Its TCP port. A whole number from 1 to 65,535. */
  readonly port: number;
}

/** User and password for the Sentinels. They are independent of those for Redis. */
export interface RedisCredentials {
  /** The user name for the Sentinels. Default: their `default` user. */
  readonly username?: string | undefined;
  /** The password of that user. Default: none. */
  readonly password?: string | undefined;
}

/** One Redis with replicas. When it fails, Sentinels promote a replica to master. */
export interface RedisSentinelOptions {
  /** The Sentinels. One that answers is enough. */
  readonly nodes: readonly RedisAddress[];
  /** The name by which the Sentinels know the master, as in `sentinel monitor <name> …`. */
  readonly name: string;
  /**
   * User and password for the Sentinels. They are independent of those for Redis. Default: none.
   */
  readonly credentials?: RedisCredentials | undefined;
}

/** Which Redis: exactly one of these. */
export interface RedisServers {
  /** One Redis: `redis://[[user]:password@]host[:port][/db]`, or `rediss://` for TLS. */
  readonly url: string;
  /**
   * A Redis Cluster: some of its nodes, masters or replicas. Birdsong finds the others through them.
   */
  readonly cluster: readonly RedisAddress[];
  /** One Redis with replicas. When it fails, Sentinels promote a replica to master. */
  readonly sentinel: RedisSentinelOptions;
}

/** What holds for each kind of Redis. */
export interface RedisCommonOptions {
  /**
   * The user name for Redis. docs/redis.md lists the rights it needs. Default: what the URL says, or Redis' own
   * `default` user.
   */
  readonly username?: string | undefined;
  /** The password of that user. Default: what the URL says, or none. */
  readonly password?: string | undefined;
  /**
   * `true` for TLS to Redis, and to the Sentinels. An app may instead give what Node's `tls.connect` takes: `ca` for
   * a CA of your own, `cert` and `key` if Redis asks its clients for a certificate. Default: TLS for a `rediss://`
   * URL, with the CAs that Node knows; otherwise none.
   */
  readonly tls?: boolean | import('node:tls').ConnectionOptions | undefined;
  /**
   * Prefix of all keys and pub/sub channels, so that several deployments can share one Redis. Default `birdsong`.
   */
  readonly keyPrefix?: string | undefined;
  /**
   * Milliseconds after which an unanswered command has failed: a send then gets 503, and the connection counts as
   * dead. Birdsong follows a cluster's redirections for as long. A whole number from 10 to 60,000. Default 3000.
   */
  readonly commandTimeoutMs?: number | undefined;
  /**
   * How many replicas must have a message before its send is acknowledged. With as many as each master has, no
   * failover loses anything acknowledged. A send then takes two more round trips (Redis' `WAIT`), and fails with
   * `broker-unavailable` if the replicas do not have the message in time. A whole number from 0 to 100. Default 0.
   */
  readonly waitForReplicas?: number | undefined;
  /**
   * Milliseconds between checks that messages published in Redis still reach this node, and that the masters are
   * still the same. A whole number from 100 to 600,000. Default 5000.
   */
  readonly probeIntervalMs?: number | undefined;
}
