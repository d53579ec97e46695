import type { Redis } from 'ioredis';
import { launchClusterNode, type RedisClusterOptions } from './redis-cluster-node.js';
import type { RedisServer } from './redis-server.js';
import { TcpProxy } from './tcp-proxy.js';
import { until } from './until.js';

type SlotRange = [from: number, to: number, master: [host: string, port: number]];

const slotCount = 16_384;
/** The fewest that can vote for a failover. */
const masterCount = 3;
/** Redis silently gives up on a failover that takes longer than five seconds. */
const failOverMs = 6_000;
const failOverTries = 3;

/** A real Redis Cluster on 127.0.0.1. */
export class RedisCluster {
  private readonly clients = new Map<RedisServer, Redis>();
  /** By the port that the node announces instead of its own. */
  private readonly proxies = new Map<number, { proxy: TcpProxy; node: RedisServer }>();

  private constructor(
    /** Those that began as masters. */
    readonly masters: readonly RedisServer[],
    /** That of the master at the same index, if there are any. */
    readonly replicas: readonly RedisServer[],
    private readonly options: RedisClusterOptions,
  ) {}

  /** Resolves once every node knows every other, and all slots are served. */
  static async start(options: RedisClusterOptions = {}): Promise<RedisCluster> {
    const all = Array.from({ length: options.replicas ? 2 * masterCount : masterCount });
    const launched = await Promise.allSettled(all.map(() => launchClusterNode(options)));
    const nodes = launched.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const cluster = new RedisCluster(
      nodes.slice(0, masterCount),
      nodes.slice(masterCount),
      options,
    );
    try {
      const failed = launched.find((one) => one.status === 'rejected');
      if (failed) throw failed.reason;
      await cluster.join();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** The masters, as `REDIS_CLUSTER_NODES` takes them. */
  get addresses(): string {
    return this.masters.map(({ port }) => `127.0.0.1:${port}`).join(',');
  }

  get seeds() {
    return this.masters.map(({ port }) => ({ host: '127.0.0.1', port }));
  }

  get tlsSeeds() {
    return this.masters.map(({ tlsPort = 0 }) => ({ host: '127.0.0.1', port: tlsPort }));
  }

  get nodes(): readonly RedisServer[] {
    return [...this.masters, ...this.replicas];
  }

  /** A client of this one node, which `stop()` closes. */
  client(node: RedisServer): Redis {
    const client = this.clients.get(node) ?? node.client();
    this.clients.set(node, client);
    return client;
  }

  /** Starts one more master, which has no slots yet. */
  async addMaster(): Promise<RedisServer> {
    const node = await launchClusterNode(this.options);
    (this.masters as RedisServer[]).push(node);
    await this.meet();
    await this.untilWhole();
    return node;
  }

  /** The node that serves this key. */
  async ownerOf(key: string): Promise<RedisServer> {
    const [asked] = this.alive;
    if (!asked) throw new Error('No node of the cluster answers.');
    const slot = await this.slotOf(asked, key);
    for (const [from, to, [, port]] of await this.slotsOf(asked)) {
      const owner = this.proxies.get(port)?.node ?? this.nodes.find((node) => node.port === port);
      if (slot >= from && slot <= to && owner) return owner;
    }
    throw new Error(`Nobody serves the slot of ${key}.`);
  }

  /** The living nodes that are masters now. */
  async currentMasters(): Promise<RedisServer[]> {
    const roles = await Promise.all(
      this.alive.map(async (node) => {
        const [role] = (await this.client(node).role()) as [string];
        return role === 'master' ? [node] : [];
      }),
    );
    return roles.flat();
  }

  /** Moves the key's slot to this node, with its keys, as `redis-cli --cluster reshard` does. */
  async moveSlot(key: string, to: RedisServer): Promise<void> {
    await this.beginMove(key, to);
    await this.moveKeys(key, to);
    await this.endMove(key, to);
  }

  /** The slot is open at both nodes from here on: asked for a key that it does not have, the source says ASK. */
  async beginMove(key: string, to: RedisServer): Promise<void> {
    const from = await this.ownerOf(key);
    const slot = await this.slotOf(from, key);
    await this.client(to).cluster('SETSLOT', slot, 'IMPORTING', await this.idOf(from));
    await this.client(from).cluster('SETSLOT', slot, 'MIGRATING', await this.idOf(to));
  }

  async moveKeys(key: string, to: RedisServer): Promise<void> {
    const from = await this.ownerOf(key);
    const slot = await this.slotOf(from, key);
    for (;;) {
      const keys = await this.client(from).cluster('GETKEYSINSLOT', slot, 100);
      if (keys.length === 0) return;
      for (const moved of keys) {
        await this.client(from).migrate('127.0.0.1', to.port, moved, 0, 5000);
      }
    }
  }

  async endMove(key: string, to: RedisServer): Promise<void> {
    const slot = await this.slotOf(to, key);
    const id = await this.idOf(to);
    const others = (await this.currentMasters()).filter((node) => node !== to);
    for (const node of [to, ...others]) {
      await this.client(node).cluster('SETSLOT', slot, 'NODE', id);
    }
  }

  /** The replica of this master, which must have one. */
  async replicaOf(master: RedisServer): Promise<RedisServer> {
    for (const node of this.alive) {
      const [role, , port] = (await this.client(node).role()) as [string, string, number];
      if (role === 'slave' && port === master.port) return node;
    }
    throw new Error(`${master.port} has no replica.`);
  }

  /** Has the replica of this master take over, in good order. Gives the replica. */
  async failOver(master: RedisServer): Promise<RedisServer> {
    const replica = await this.replicaOf(master);
    for (let left = failOverTries; ; left--) {
      await this.client(replica).cluster('FAILOVER');
      try {
        await this.untilMaster(replica, failOverMs);
        return replica;
      } catch (error) {
        if (left === 1) throw error;
      }
    }
  }

  /** From now on, clients that ask for the nodes are sent to a proxy in front of this one. */
  async proxy(node: RedisServer): Promise<TcpProxy> {
    const proxy = await TcpProxy.start(node.port);
    this.proxies.set(proxy.port, { proxy, node });
    await this.client(node).config('SET', 'cluster-announce-port', proxy.port);
    for (const other of this.alive) {
      await until(`${other.port} knows the proxy`, async () =>
        (await this.slotsOf(other)).some(([, , [, port]]) => port === proxy.port),
      );
    }
    return proxy;
  }

  /** Resolves once this node says that it is a master, as a replica does after a failover. */
  async untilMaster(node: RedisServer, deadlineMs?: number): Promise<void> {
    const isMaster = async () => {
      const [role] = (await this.client(node).role()) as [string];
      return role === 'master';
    };
    await until(`${node.port} is a master`, isMaster, deadlineMs);
  }

  /** Resolves once all living nodes agree that all slots are served. */
  async untilWhole(): Promise<void> {
    for (const node of this.alive) {
      await until(`${node.port} finds the cluster whole`, async () => {
        const info = await this.client(node).cluster('INFO');
        const ranges = await this.slotsOf(node);
        const covered = ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0);
        return info.includes('cluster_state:ok') && covered === slotCount;
      });
    }
  }

  /** Resolves once every replica has what its master has. */
  async untilReplicated(): Promise<void> {
    for (const node of this.alive) {
      await until(`${node.port} has a replica, or follows its master`, async () =>
        /connected_slaves:[1-9]|master_link_status:up/.test(
          await this.client(node).info('replication'),
        ),
      );
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.proxies.values()].map(({ proxy }) => proxy.close()));
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  private get alive(): RedisServer[] {
    return this.nodes.filter((node) => !node.hasExited);
  }

  private async idOf(node: RedisServer): Promise<string> {
    return await this.client(node).cluster('MYID');
  }

  private slotOf(node: RedisServer, key: string): Promise<number> {
    return this.client(node).cluster('KEYSLOT', key);
  }

  private async slotsOf(node: RedisServer): Promise<SlotRange[]> {
    return (await this.client(node).cluster('SLOTS')) as unknown as SlotRange[];
  }

  private async join(): Promise<void> {
    const share = Math.ceil(slotCount / this.masters.length);
    await Promise.all(
      this.masters.map((node, index) =>
        this.client(node).cluster(
          'ADDSLOTSRANGE',
          index * share,
          Math.min((index + 1) * share, slotCount) - 1,
        ),
      ),
    );
    // Different epochs from the start, so that no two masters have to sort that out later.
    for (const [index, node] of this.masters.entries()) {
      await this.client(node).cluster('SET-CONFIG-EPOCH', index + 1);
    }
    await this.meet();
    for (const [index, node] of this.replicas.entries()) {
      const master = this.masters[index];
      if (master) {
        const id = await this.idOf(master);
        await this.client(node).cluster('REPLICATE', id);
      }
    }
    if (this.replicas.length > 0) await this.untilReplicated();
    await this.untilSeen(
      (lines) =>
        lines.filter((line) => / (\w+,)?slave /.test(line)).length === this.replicas.length,
    );
    await this.untilWhole();
  }

  private async meet(): Promise<void> {
    const [first, ...others] = this.nodes;
    for (const { port, tlsPort, busPort } of others) {
      if (first && busPort !== undefined) {
        const met = tlsPort ?? port;
        await this.client(first).call('CLUSTER', 'MEET', '127.0.0.1', met, busPort);
      }
    }
    await this.untilSeen((lines) => !lines.some((line) => line.includes('handshake')));
  }

  /** Resolves once every node lists all of them, and so. */
  private async untilSeen(isSo: (lines: readonly string[]) => boolean): Promise<void> {
    for (const node of this.nodes) {
      await until(`${node.port} knows the others`, async () => {
        const text = (await this.client(node).cluster('NODES')) as string;
        const lines = text.trim().split('\n');
        return lines.length === this.nodes.length && isSo(lines);
      });
    }
  }
}
