import { TcpProxy } from '../../harness/tcp-proxy.js';
import { LossyPubSub } from './lossy-pub-sub.js';
import { WorldNode, type WorldNodeOptions } from './world-node.js';

/** A node between two bad networks: the front to its clients, and the link to its Redis. */
export class LinkedNode extends WorldNode {
  private constructor(
    /** Delays everything on the link. */
    readonly pubSub: LossyPubSub,
    readonly link: TcpProxy,
    ...launched: Awaited<ReturnType<typeof WorldNode.launch>>
  ) {
    super(...launched);
  }

  static async startLinked(redisPort: number, options: WorldNodeOptions): Promise<LinkedNode> {
    const pubSub = new LossyPubSub();
    const link = await TcpProxy.start(redisPort, { sieve: () => pubSub.sieve() });
    const env = { REDIS_URL: `redis://127.0.0.1:${link.port}`, ...options.env };
    try {
      return new LinkedNode(pubSub, link, ...(await WorldNode.launch({ ...options, env })));
    } catch (error) {
      await link.close();
      throw error;
    }
  }

  override async end(): Promise<void> {
    await super.end();
    await this.link.close();
  }
}
