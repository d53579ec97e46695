/**
 * The names of a channel's keys. They share a hash tag, so a Redis Cluster keeps them in one slot.
 */
export class RedisKeys {
  constructor(private readonly prefix: string) {}

  meta(channel: string): string {
    return `${this.pubSub(channel)}:meta`;
  }

  history(channel: string): string {
    return `${this.pubSub(channel)}:history`;
  }

  idempotency(channel: string, key: string): string {
    return `${this.pubSub(channel)}:key:${key}`;
  }

  /** The pub/sub channel. */
  pubSub(channel: string): string {
    return `${this.prefix}:{${channel}}`;
  }

  /** The channel that a pub/sub channel belongs to. */
  channelOf(pubSub: string): string {
    return pubSub.slice(this.prefix.length + 2, -1);
  }

  /** The pub/sub channel for a node's probes, in the slot of the tag. */
  probe(nodeId: string, tag: string): string {
    return `${this.prefix}:probe:{${tag}}:${nodeId}`;
  }
}
