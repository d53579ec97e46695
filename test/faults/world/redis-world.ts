import type { Sieve } from '../../harness/proxied-connection.js';
import { RedisServer } from '../../harness/redis-server.js';
import { Replication } from '../../harness/replication.js';
import { LinkedNode } from './linked-node.js';
import { DURABLE, NODE_ENV } from './settings.js';
import { startNodes } from './world-node.js';
import { World } from './world.js';

export interface RedisWorldOptions {
  /** Of the first Redis. Default: it writes each command to disk before it answers. */
  readonly redisArgs?: readonly string[];
  /** Default 2. */
  readonly nodeCount?: number;
  readonly env?: Record<string, string>;
  readonly frontSieve?: () => Sieve;
}

/** A world with one Redis, and its replicas. */
export class RedisWorld extends World<LinkedNode> {
  private readonly replications: Replication[] = [];
  private current: RedisServer;

  private constructor(
    private readonly first: RedisServer,
    nodes: readonly LinkedNode[],
  ) {
    super(nodes);
    this.current = first;
  }

  static async start(options: RedisWorldOptions = {}): Promise<RedisWorld> {
    const { nodeCount = 2, env, frontSieve } = options;
    const redis = await RedisServer.start({ args: options.redisArgs ?? DURABLE });
    const nodeOptions = { env: { ...NODE_ENV, ...env }, frontSieve };
    try {
      const start = () => LinkedNode.startLinked(redis.port, nodeOptions);
      return new RedisWorld(redis, await startNodes(nodeCount, start));
    } catch (error) {
      await redis.stop();
      throw error;
    }
  }

  /** The Redis that the nodes' links lead to. */
  get redis(): RedisServer {
    return this.current;
  }

  /** Sends a command to Redis over a connection of its own. */
  async ask(command: string, ...args: readonly string[]): Promise<unknown> {
    const client = this.redis.client();
    try {
      return await client.call(command, [...args]);
    } finally {
      client.disconnect();
    }
  }

  /** Gives Redis a replica. Resolves once it is up to date. It ends with the world. */
  async replicate(): Promise<Replication> {
    const replication = await Replication.of(this.redis, DURABLE);
    this.replications.push(replication);
    return replication;
  }

  /** Makes all nodes, or some, connect to another Redis, as a failover does. */
  moveTo(redis: RedisServer, nodes = this.nodes): void {
    if (nodes === this.nodes) this.current = redis;
    for (const { link } of nodes) {
      link.retarget(redis.port);
      link.break();
    }
  }

  protected override async endRedis(): Promise<void> {
    await Promise.all(this.replications.map((replication) => replication.end()));
    await this.first.stop();
  }
}
