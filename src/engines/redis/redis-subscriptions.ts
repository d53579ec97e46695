import { Logger } from '@nestjs/common';
import type { BrokerChannel, ChannelListener, Subscription } from '../../broker/broker.port.js';
import type { OrderedSubscriptions } from '../../broker/ordered-subscriptions.js';
import { LogThrottle } from '../../concurrency/log-throttle.js';
import { decodePublished } from './payload.js';
import { unavailable } from './redis-client.js';
import type { RedisKeys } from './redis-keys.js';
import type { RedisShard } from './redis-shard.js';
import type { RedisShards, ShardsListener } from './redis-shards.js';

/** Where a channel is subscribed, or is to be. */
interface Place {
  shard: RedisShard;
}

/**
 * All channels to which this node is subscribed, each at the shard that has it. What is subscribed again, there or
 * elsewhere, fetches what it missed.
 */
export class RedisSubscriptions implements ShardsListener {
  private readonly places = new Map<string, Place>();
  private readonly throttle = new LogThrottle();
  private readonly logger = new Logger('Birdsong');

  constructor(
    private readonly shards: RedisShards,
    private readonly keys: RedisKeys,
    private readonly ordered: OrderedSubscriptions,
  ) {
    shards.tell(this);
  }

  /** @throws BirdsongError `broker-unavailable` */
  async subscribe(channel: BrokerChannel, listener: ChannelListener): Promise<Subscription> {
    const { name } = channel;
    try {
      const place = { shard: this.shards.shardOf(name) };
      this.places.set(name, place);
      return await this.ordered.open(channel, listener, {
        join: () =>
          this.shards.run(name, ({ shard }) => {
            place.shard = shard;
            return shard.subscriber.add(this.keys.pubSub(name));
          }),
        leave: () => this.leave(name, place),
      });
    } catch (cause) {
      throw unavailable(cause);
    }
  }

  close(): void {
    this.ordered.close();
    this.places.clear();
  }

  message(pubSub: string, text: string): void {
    const channel = this.keys.channelOf(pubSub);
    try {
      this.ordered.receive(channel, decodePublished(text));
    } catch (error) {
      // Not of Birdsong's making. What cannot be read is lost, and history has what counts.
      if (this.throttle.isDue()) {
        this.logger.warn(`Somebody else publishes on ${channel}: ${String(error)}`);
      }
      this.ordered.catchUp(channel);
    }
  }

  restored(pubSub: string): void {
    this.ordered.catchUp(this.keys.channelOf(pubSub));
  }

  settled(): void {
    for (const [channel, place] of this.places) {
      const owner = this.shards.findShard(channel);
      if (owner && owner !== place.shard) {
        const name = this.keys.pubSub(channel);
        place.shard.subscriber.remove(name);
        owner.subscriber.want(name);
        place.shard = owner;
      }
    }
  }

  private leave(channel: string, place: Place): void {
    if (this.places.get(channel) === place) {
      this.places.delete(channel);
    }
    place.shard.subscriber.remove(this.keys.pubSub(channel));
  }
}
