import { Logger } from '@nestjs/common';
import type { BrokerChannel, ChannelListener, Subscription } from '../../broker/broker.port.js';
import type { OrderedSubscriptions } from '../../broker/ordered-subscriptions.js';
import { LogThrottle } from '../../concurrency/log-throttle.js';
import { decodePublished } from './payload.js';
import { unavailable } from './redis-client.js';
import type { RedisKeys } from './redis-keys.js';
import type { RedisShard } from './redis-shard.js';
import type { RedisShards, ShardsListener } from './redis-shards.js';

/** The shard at which a channel is subscribed, or is about to be. */
interface Assignment {
  shard: RedisShard;
}

/**
 * The channels to which this node is subscribed, each at the shard that has it. A channel that is resubscribed, at the
 * same shard or another, fetches what it missed.
 */
export class RedisSubscriptions implements ShardsListener {
  private readonly assignments = new Map<string, Assignment>();
  private readonly throttle = new LogThrottle();
  private readonly logger = new Logger('Birdsong');

  constructor(
    private readonly shards: RedisShards,
    private readonly keys: RedisKeys,
    private readonly ordered: OrderedSubscriptions,
  ) {
    shards.setListener(this);
  }

  /** @throws BirdsongError `broker-unavailable` */
  async subscribe(channel: BrokerChannel, listener: ChannelListener): Promise<Subscription> {
    const { name } = channel;
    try {
      const assignment = { shard: this.shards.shardOf(name) };
      this.assignments.set(name, assignment);
      return await this.ordered.open(channel, listener, {
        join: () =>
          this.shards.run(name, ({ shard }) => {
            assignment.shard = shard;
            return shard.subscriber.add(this.keys.pubSub(name));
          }),
        leave: () => this.leave(name, assignment),
      });
    } catch (cause) {
      throw unavailable(cause);
    }
  }

  close(): void {
    this.ordered.close();
    this.assignments.clear();
  }

  message(pubSub: string, text: string): void {
    const channel = this.keys.channelOf(pubSub);
    try {
      this.ordered.receive(channel, decodePublished(text));
    } catch (error) {
      // Birdsong did not publish this. It is dropped, and history has every message that counts.
      if (this.throttle.isDue()) {
        this.logger.warn(`Something other than Birdsong publishes on ${channel}: ${String(error)}`);
      }
      this.ordered.catchUp(channel);
    }
  }

  restored(pubSub: string): void {
    this.ordered.catchUp(this.keys.channelOf(pubSub));
  }

  settled(): void {
    for (const [channel, assignment] of this.assignments) {
      const owner = this.shards.findShard(channel);
      if (owner && owner !== assignment.shard) {
        const name = this.keys.pubSub(channel);
        assignment.shard.subscriber.remove(name);
        owner.subscriber.want(name);
        assignment.shard = owner;
      }
    }
  }

  private leave(channel: string, assignment: Assignment): void {
    if (this.assignments.get(channel) === assignment) {
      this.assignments.delete(channel);
    }
    assignment.shard.subscriber.remove(this.keys.pubSub(channel));
  }
}
