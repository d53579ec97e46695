/** What `npm run simulate -- --measure` writes to `results/channels.json`. */
export interface ChannelFigures {
  readonly date: string;
  readonly versions: { readonly node: string; readonly redis: string };
  /** Of the data of each message, as JSON. */
  readonly payloadBytes: number;
  /** What Redis keeps and publishes of each message: its JSON and type. */
  readonly publishedBytes: number;
  /** In Redis, by MEMORY USAGE, with as many messages as a channel keeps. */
  readonly redisBytesPerMessage: number;
  /** Its hash, and what its stream takes without messages. */
  readonly redisBytesPerChannel: number;
  /** Of a node's subscription to a channel. */
  readonly redisBytesPerSubscription: number;
  /** By the names of commands; `evalsha` is the only one that comes over the wire. */
  readonly commandsPerMessage: Readonly<Record<string, number>>;
  /** CPU of Redis for a message that nobody reads. */
  readonly redisCpuUsPerMessage: number;
  /** The same for each process that reads the channel. */
  readonly redisCpuUsPerSubscriber: number;
  /** What the two come from. */
  readonly redisCpuUsBySubscribers: readonly {
    readonly subscribers: number;
    readonly cpuUsPerMessage: number;
  }[];
  /** Heap of a process for a channel that is read there, besides its readers and messages. */
  readonly nodeBytesPerChannel: number;
  /** CPU of a process for a message that it receives, besides its deliveries. */
  readonly nodeCpuUsPerReceipt: number;
}
