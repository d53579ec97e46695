/**
 * The names of a channel's keys, and of what it publishes on. They share a hash tag, so a Redis Cluster keeps them in one
 * slot.
 */
export class RedisKeys {
  private readonly pubSubPrefix: string;

  /** @param database pub/sub is the same in all databases of a Redis, so names other than those of 0 carry it */
  constructor(
    private readonly prefix: string,
    database = 0,
  ) {
    this.pubSubPrefix = database === 0 ? prefix : `${prefix}:${database}`;
  }

  meta(channel: string): string {
    return `${this.keyOf(channel)}:meta`;
  }

  history(channel: string): string {
    return `${this.keyOf(channel)}:history`;
  }

  /** What takes the place of edited and deleted messages. */
  revised(channel: string): string {
    return `${this.keyOf(channel)}:revised`;
  }

  idempotency(channel: string, key: string): string {
    return `${this.keyOf(channel)}:key:${key}`;
  }

  /**
   * What the channels of a pattern take together on one master.
   * @param tag a hash tag of the master
   */
  budget(pattern: string, tag: string): string {
    return `${this.prefix}:{${tag}}:budget:${pattern}`;
  }

  /** @param account that of a `Charge` */
  rates(account: string): string {
    return `${this.keyOf(account)}:rates`;
  }

  /** The pub/sub channel. */
  pubSub(channel: string): string {
    return `${this.pubSubPrefix}:{${channel}}`;
  }

  /** The channel that a pub/sub channel belongs to. */
  channelOf(pubSub: string): string {
    return pubSub.slice(this.pubSubPrefix.length + 2, -1);
  }

  /** The pub/sub channel for a node's probes, in the slot of the tag. */
  probe(nodeId: string, tag: string): string {
    return `${this.prefix}:probe:{${tag}}:${nodeId}`;
  }

  private keyOf(channel: string): string {
    return `${this.prefix}:{${channel}}`;
  }
}
