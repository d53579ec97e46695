import { RedisCluster } from '../../harness/redis-cluster.js';
import { DURABLE, NODE_ENV } from './settings.js';
import { startNodes, WorldNode } from './world-node.js';
import { World } from './world.js';

const NODE_COUNT = 2;

/** A world with a Redis Cluster whose masters have a replica each, for which sends wait. */
export class ClusterWorld extends World {
  private constructor(
    readonly cluster: RedisCluster,
    nodes: readonly WorldNode[],
  ) {
    super(nodes);
  }

  static async start(): Promise<ClusterWorld> {
    const cluster = await RedisCluster.start({
      replicas: true,
      args: [...DURABLE, '--cluster-require-full-coverage', 'no'],
    });
    const env = {
      ...NODE_ENV,
      REDIS_CLUSTER_NODES: cluster.addresses,
      REDIS_WAIT_FOR_REPLICAS: '1',
    };
    try {
      return new ClusterWorld(
        cluster,
        await startNodes(NODE_COUNT, () => WorldNode.start({ env })),
      );
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  protected override endRedis(): Promise<void> {
    return this.cluster.stop();
  }
}
