import type { Redis } from 'ioredis';
import type { RedisAddress } from '../../config/redis-options.js';
import type { RedisSettings } from '../../config/redis-settings.js';
import { mastersOf } from './cluster-masters.js';
import { parseClusterNodes, type ClusterNode } from './cluster-nodes.js';
import { createClient } from './redis-client.js';
import { addressText, answersOf, RedisTopology, type RedisMaster } from './redis-topology.js';

/** A Redis Cluster, as described by its own nodes. */
export class ClusterTopology extends RedisTopology {
  /** Every node in the last answer, replicas included. */
  private known: readonly RedisAddress[] = [];

  constructor(
    private readonly settings: RedisSettings,
    private readonly seeds: readonly RedisAddress[],
  ) {
    super();
  }

  override async masters(clients: readonly Redis[]): Promise<readonly RedisMaster[]> {
    const nodes = (await this.views(clients)).flat();
    this.known = nodes.filter(({ host }) => host !== '');
    return mastersOf(nodes);
  }

  private async views(clients: readonly Redis[]): Promise<ClusterNode[][]> {
    const views = await answersOf(clients.map((client) => this.viewOf(client))).catch(() => []);
    return views.length > 0 ? views : this.askAnyNode();
  }

  private askAnyNode(): Promise<ClusterNode[][]> {
    const addresses = new Map(
      [...this.seeds, ...this.known].map((address) => [addressText(address), address]),
    );
    const { username, password } = this.settings;
    const clients = [...addresses.values()].map((address) =>
      createClient(this.settings, address, {
        username,
        password,
        connectionName: 'birdsong-topology',
        retryStrategy: null,
      }),
    );
    return this.ask('Redis Cluster', clients, (client) => this.viewOf(client));
  }

  private async viewOf(client: Redis): Promise<ClusterNode[]> {
    const text = (await client.cluster('NODES')) as string;
    const { host = '', port = 0 } = client.options;
    // With TLS, use the host names that nodes announce, because certificates are issued for names.
    return parseClusterNodes(text, { host, port }, Boolean(this.settings.tls));
  }
}
