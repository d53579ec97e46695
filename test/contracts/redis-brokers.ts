import type { Redis } from 'ioredis';
import type { Broker } from '../../src/broker/broker.port.js';
import type { RedisCommonOptions } from '../../src/config/redis-options.js';
import { BirdsongSettings } from '../../src/config/birdsong-settings.js';
import type { RedisOptions, RedisSettings } from '../../src/config/redis-settings.js';
import { RedisBroker } from '../../src/engines/redis/redis-broker.js';
import { RedisServer } from '../harness/redis-server.js';

/** Creates a broker without opening it. */
export function createRedisBroker(redis: RedisOptions): Broker {
  const settings = new BirdsongSettings({ channels: {}, redis });
  return new RedisBroker(settings, settings.redis as RedisSettings);
}

/** The brokers of several nodes, ended together. */
export class Brokers {
  private readonly brokers: Broker[] = [];

  async openOn(redis: RedisOptions): Promise<Broker> {
    const broker = createRedisBroker(redis);
    this.brokers.push(broker);
    await broker.open();
    return broker;
  }

  async closeBrokers(): Promise<void> {
    await Promise.all(this.brokers.splice(0).map((broker) => broker.close()));
  }
}

/** A Redis server and the brokers of several nodes on it, ended together. */
export class RedisBrokers extends Brokers {
  private constructor(
    readonly redis: RedisServer,
    readonly admin: Redis,
  ) {
    super();
  }

  static async start(): Promise<RedisBrokers> {
    const redis = await RedisServer.start();
    return new RedisBrokers(redis, redis.client());
  }

  open({ url = this.redis.url, ...options }: RedisCommonOptions & { url?: string } = {}) {
    return this.openOn({ url, ...options });
  }

  async stop(): Promise<void> {
    await this.closeBrokers();
    await this.redis.stop();
  }

  /** Resolves once Redis counts this many subscribers of the channel. */
  async subscribers(channel: string, count: number): Promise<void> {
    for (;;) {
      const answer = await this.admin.pubsub('NUMSUB', `birdsong:{${channel}}`);
      if ((answer as [string, number])[1] === count) {
        return;
      }
    }
  }
}
