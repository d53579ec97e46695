import type { Redis } from 'ioredis';
import type { RedisSentinelOptions } from '../../config/redis-options.js';
import type { RedisSettings } from '../../config/redis-settings.js';
import { createClient } from './redis-client.js';
import { RedisTopology, type RedisMaster } from './redis-topology.js';
import { SLOT_COUNT } from './slots.js';

/** One Redis with Sentinels, which say who the master is. */
export class SentinelTopology extends RedisTopology {
  constructor(
    private readonly settings: RedisSettings,
    private readonly sentinel: RedisSentinelOptions,
  ) {
    super();
  }

  override async masters(): Promise<readonly RedisMaster[]> {
    const { nodes, credentials } = this.sentinel;
    const clients = nodes.map((address) =>
      createClient(this.settings, address, {
        ...credentials,
        connectionName: 'birdsong-sentinel',
        retryStrategy: null,
        // A Sentinel's INFO does not say whether it is ready.
        enableReadyCheck: false,
      }),
    );
    const answers = await this.ask('Redis Sentinel', clients, (client) => this.masterAt(client));
    // A Sentinel that was cut off during a failover still names the old master, in an older epoch.
    answers.sort((one, other) => other.epoch - one.epoch);
    return answers.slice(0, 1).map(({ host, port }) => ({
      host,
      port,
      names: [],
      slots: [[0, SLOT_COUNT - 1]],
    }));
  }

  private async masterAt(client: Redis) {
    const flat = (await client.call('SENTINEL', 'MASTER', this.sentinel.name)) as string[];
    const field = (name: string) => flat[flat.indexOf(name) + 1] ?? '';
    return { host: field('ip'), port: Number(field('port')), epoch: Number(field('config-epoch')) };
  }
}
