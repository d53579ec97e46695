import type { Broker } from '../../src/broker/broker.port.js';
import type { BrokerNode, BrokerWorld, Link } from '../../src/testing/contract.js';
import { RedisCluster } from '../harness/redis-cluster.js';
import type { RedisServer } from '../harness/redis-server.js';
import type { TcpProxy } from '../harness/tcp-proxy.js';
import { createRedisBroker } from './redis-brokers.js';

/** More than any world has nodes. */
const USERS = ['node1', 'node2', 'node3'];
const PASSWORD = 'secret';

/**
 * A Redis Cluster and the ways to it. All go through the same proxies, as a cluster tells everybody the same
 * addresses; so each node is a Redis user of its own, by whose name its connections are known.
 */
export class RedisClusterNetwork {
  private constructor(
    readonly cluster: RedisCluster,
    private readonly proxies: ReadonlyMap<RedisServer, TcpProxy>,
  ) {}

  static async start(): Promise<RedisClusterNetwork> {
    const cluster = await RedisCluster.start({
      args: USERS.flatMap((user) => ['--user', user, 'on', `>${PASSWORD}`, '~*', '&*', '+@all']),
    });
    const proxies = new Map<RedisServer, TcpProxy>();
    for (const master of cluster.masters) {
      proxies.set(master, await cluster.proxy(master));
    }
    return new RedisClusterNetwork(cluster, proxies);
  }

  world(): BrokerWorld {
    const users = [...USERS];
    return {
      node: () => this.node(users.shift() ?? ''),
      store: {
        save: () => this.each(({ master }) => this.cluster.client(master).save()),
        crash: () => this.crash(),
      },
      close: () => Promise.all(USERS.map((user) => this.allow(user, true))).then(() => undefined),
    };
  }

  async stop(): Promise<void> {
    await this.cluster.stop();
  }

  private node(username: string): BrokerNode {
    const createBroker = (): Broker =>
      createRedisBroker({
        cluster: this.cluster.seeds,
        ...{ username, password: PASSWORD, probeIntervalMs: 100, commandTimeoutMs: 2000 },
      });
    return { createBroker, link: this.link(username) };
  }

  private link(username: string): Link {
    const itsOwn = new RegExp(`\\b${username}\\b`);
    return {
      cut: async () => {
        await this.allow(username, false);
        await this.each(({ proxy }) => proxy.break(itsOwn));
      },
      silence: () => this.each(({ proxy }) => proxy.stall(itsOwn)),
      restore: () => this.allow(username, true),
    };
  }

  private allow(username: string, isAllowed: boolean): Promise<void> {
    return this.each(({ master }) =>
      this.cluster.client(master).acl('SETUSER', username, isAllowed ? 'on' : 'off'),
    );
  }

  private async crash(): Promise<void> {
    await this.each(({ master }) => master.restart());
    await this.each(({ master, proxy }) =>
      this.cluster.client(master).config('SET', 'cluster-announce-port', proxy.port),
    );
    await this.cluster.untilWhole();
  }

  private async each(
    act: (one: { master: RedisServer; proxy: TcpProxy }) => unknown,
  ): Promise<void> {
    await Promise.all(
      [...this.proxies].map(async ([master, proxy]) => {
        await act({ master, proxy });
      }),
    );
  }
}
