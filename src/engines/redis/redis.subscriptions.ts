import { Logger } from '@nestjs/common';
import type { HistoryLimiter } from '../../broker/history-limiter.js';
import type { ChannelListener, Subscription } from '../../broker/broker.port.js';
import { decodePublished } from './payload.js';
import { unavailable } from './redis.client.js';
import type { RedisKeys } from './redis.keys.js';
import type { RedisShard } from './redis.shard.js';
import type { RedisShards, ShardsListener } from './redis.shards.js';
import { RedisSubscription, WaitingBudget, type ReadHistory } from './redis.subscription.js';

interface Placed {
  readonly subscription: RedisSubscription;
  /** Where it is subscribed, or is to be. */
  shard: RedisShard;
}

/**
 * All channels to which this node is subscribed, each at the shard that has it. What is subscribed again, there or
 * elsewhere, fetches what it missed.
 */
export class RedisSubscriptions implements ShardsListener {
  private readonly placed = new Map<string, Placed>();
  private readonly waiting = new WaitingBudget();
  private readonly logger = new Logger('Birdsong');

  constructor(
    private readonly shards: RedisShards,
    private readonly keys: RedisKeys,
    /** For what they missed: it is not to wait behind those who read history. */
    private readonly limiter: HistoryLimiter,
  ) {
    shards.tell(this);
  }

  /** @throws BirdsongError `broker-unavailable` */
  async subscribe(
    channel: string,
    listener: ChannelListener,
    readHistory: ReadHistory,
  ): Promise<Subscription> {
    const subscription = new RedisSubscription(listener, this.waiting, (query) =>
      this.limiter.run(() => readHistory(query)),
    );
    const placed = { subscription, shard: this.shards.shardOf(channel) };
    // Registered first: a message that is published between the two steps waits for its turn.
    this.placed.set(channel, placed);
    try {
      await this.shards.run(channel, ({ shard }) => {
        placed.shard = shard;
        return shard.subscriber.add(this.keys.pubSub(channel));
      });
      const { newest } = await readHistory({ limit: 0 });
      subscription.begin(newest);
      return { position: newest, close: () => this.unsubscribe(channel, placed) };
    } catch (cause) {
      this.unsubscribe(channel, placed);
      throw unavailable(cause);
    }
  }

  close(): void {
    for (const { subscription } of this.placed.values()) {
      subscription.close();
    }
    this.placed.clear();
  }

  message(name: string, text: string): void {
    const channel = this.keys.channelOf(name);
    const subscription = this.placed.get(channel)?.subscription;
    try {
      subscription?.receive(decodePublished(text));
    } catch (error) {
      // Not of Birdsong's making. What cannot be read is lost, and history has what counts.
      this.logger.warn(`Somebody else publishes on ${channel}: ${String(error)}`);
      subscription?.heal();
    }
  }

  restored(name: string): void {
    this.placed.get(this.keys.channelOf(name))?.subscription.heal();
  }

  settled(): void {
    for (const [channel, placed] of this.placed) {
      const owner = this.shards.findShard(channel);
      if (owner && owner !== placed.shard) {
        const name = this.keys.pubSub(channel);
        placed.shard.subscriber.remove(name);
        owner.subscriber.want(name);
        placed.shard = owner;
      }
    }
  }

  private unsubscribe(channel: string, placed: Placed): void {
    placed.subscription.close();
    if (this.placed.get(channel) === placed) {
      this.placed.delete(channel);
      placed.shard.subscriber.remove(this.keys.pubSub(channel));
    }
  }
}
