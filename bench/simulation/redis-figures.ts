/** What `npm run simulate -- --measure-redis` writes to `results/redis.json`. */
export interface RedisFigures {
  readonly date: string;
  /** Its version. */
  readonly redis: string;
  /** Of the data of each message, as JSON. */
  readonly payloadBytes: number;
  /** What Redis keeps and publishes of each message: its JSON and type. */
  readonly messageJsonBytes: number;
  /** By MEMORY USAGE, with as many messages as a channel keeps. */
  readonly bytesPerMessage: number;
  /** Its hash and what its stream takes without messages. */
  readonly bytesPerChannel: number;
  /** By the names of commands; `evalsha` is the only one that comes over the wire. */
  readonly commandsPerMessage: Readonly<Record<string, number>>;
  /** Without a subscriber, and for each: the line through what was measured. */
  readonly cpuUsPerMessage: number;
  readonly cpuUsPerSubscriber: number;
  readonly cpuUsBySubscribers: readonly {
    readonly subscribers: number;
    readonly cpuUsPerMessage: number;
  }[];
}
