import type { Redis } from 'ioredis';
import type { Broker } from '../../src/broker/broker.port.js';
import type { RedisOptions } from '../../src/options/birdsong.options.js';
import { BirdsongSettings, type RedisSettings } from '../../src/options/birdsong.settings.js';
import { RedisBroker } from '../../src/redis/redis.broker.js';
import { RedisServer } from '../harness/redis-server.js';

/** A Redis server and the brokers of several nodes on it, ended together. */
export class RedisBrokers {
  private readonly brokers: Broker[] = [];

  private constructor(
    readonly redis: RedisServer,
    readonly admin: Redis,
  ) {}

  static async start(): Promise<RedisBrokers> {
    const redis = await RedisServer.start();
    return new RedisBrokers(redis, redis.client());
  }

  async open(options: Partial<RedisOptions> = {}): Promise<Broker> {
    const settings = new BirdsongSettings({
      channels: {},
      redis: { url: this.redis.url, ...options },
    });
    const broker = new RedisBroker(settings, settings.redis as RedisSettings);
    this.brokers.push(broker);
    await broker.open();
    return broker;
  }

  async closeBrokers(): Promise<void> {
    await Promise.all(this.brokers.splice(0).map((broker) => broker.close()));
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
