import type { Redis } from 'ioredis';
import { RedisServer } from './redis-server.js';
import { TcpProxy } from './tcp-proxy.js';

/** A master, its replica, and the network between them. */
export class Replication {
  private constructor(
    readonly master: RedisServer,
    readonly replica: RedisServer,
    readonly link: TcpProxy,
  ) {}

  /** Resolves once a new replica has all that this master has. Ends with `end`, the master aside. */
  static async of(master: RedisServer, args: readonly string[]): Promise<Replication> {
    const link = await TcpProxy.start(master.port);
    const replica = await RedisServer.start({ args });
    const replication = new Replication(master, replica, link);
    const client = replica.client();
    await client.call('REPLICAOF', '127.0.0.1', String(link.port));
    await replication.says(replica, 'master_link_status:up');
    // Until this is over, what it has is not on its disk, whatever appendfsync says.
    while (!/aof_rewrite_in_progress:0\s+aof_rewrite_scheduled:0/.test(await client.info()));
    client.disconnect();
    // A master that heard its replica too soon sends it nothing until it hears it again, a second later.
    const admin = master.client();
    await admin.publish('replication', 'begins');
    admin.disconnect();
    await replication.caughtUp();
    return replication;
  }

  /** Resolves once `INFO replication` of this server says so. */
  async says(redis: RedisServer, text: string): Promise<void> {
    const client = redis.client();
    while (!(await client.info('replication')).includes(text));
    client.disconnect();
  }

  /** Resolves once the replica has all that the master has by then. */
  async caughtUp(): Promise<void> {
    const [master, replica] = [this.master.client(), this.replica.client()];
    const goal = await offsetOf(master, 'master_repl_offset');
    while ((await offsetOf(replica, 'slave_repl_offset')) < goal);
    master.disconnect();
    replica.disconnect();
  }

  /** Has the replica take over, with what it has. */
  async promote(): Promise<void> {
    const client = this.replica.client();
    await client.call('REPLICAOF', 'NO', 'ONE');
    client.disconnect();
  }

  /** Has master and replica change places, once the replica has all that was acknowledged. */
  async handOver(): Promise<void> {
    const client = this.master.client();
    await client.call('FAILOVER');
    client.disconnect();
    await this.says(this.replica, 'role:master');
  }

  async end(): Promise<void> {
    await this.link.close();
    await this.replica.stop();
  }
}

async function offsetOf(client: Redis, name: string): Promise<number> {
  const info = await client.info('replication');
  return Number(new RegExp(`\\b${name}:(\\d+)`).exec(info)?.[1]);
}
