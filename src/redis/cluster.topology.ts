import type { Redis } from 'ioredis';
import type { RedisAddress } from '../options/redis.options.js';
import type { RedisSettings } from '../options/redis.settings.js';
import { parseClusterNodes, type ClusterNode } from './cluster-nodes.js';
import { createClient } from './redis.client.js';
import { addressText, answersOf, RedisTopology, type RedisMaster } from './redis.topology.js';
import { SLOT_COUNT } from './slots.js';

/** A Redis Cluster, as its own nodes see it. */
export class ClusterTopology extends RedisTopology {
  /** Every node that was heard of last, replicas included. */
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
    return views.length > 0 ? views : this.askStrangers();
  }

  private askStrangers(): Promise<ClusterNode[][]> {
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
    // A cluster's certificates are for names, where its nodes announce some.
    return parseClusterNodes(text, { host, port }, Boolean(this.settings.tls));
  }
}

/**
 * What several nodes say in one: of each slot, what was decided last. A node that was cut off during a failover
 * or while a slot moved says what was before, in an older epoch.
 */
function mastersOf(nodes: readonly ClusterNode[]): RedisMaster[] {
  const owners = new Array<ClusterNode | undefined>(SLOT_COUNT);
  const masters = new Map<string, ClusterNode>();
  for (const node of nodes) {
    for (const [from, to] of node.slots) {
      for (let slot = from; slot <= to; slot++) {
        const owner = owners[slot];
        owners[slot] = owner && owner.epoch >= node.epoch ? owner : node;
      }
    }
    // Without slots: one that is about to be given some.
    if (node.isMaster && node.isHealthy && node.slots.length === 0) {
      masters.set(node.id, node);
    }
  }
  const slots = new Map<string, [from: number, to: number][]>();
  for (const [slot, owner] of owners.entries()) {
    if (owner) {
      masters.set(owner.id, owner);
      addTo(slots, owner.id, slot);
    }
  }
  return [...masters].map(([id, { host, port, names }]) => ({
    ...{ host, port, names },
    slots: slots.get(id) ?? [],
  }));
}

function addTo(slots: Map<string, [number, number][]>, id: string, slot: number): void {
  const ranges = slots.get(id) ?? [];
  slots.set(id, ranges);
  const last = ranges.at(-1);
  if (last?.[1] === slot - 1) {
    last[1] = slot;
  } else {
    ranges.push([slot, slot]);
  }
}
