import { BirdsongNode } from '../../harness/birdsong-node.js';
import { freePort } from '../../harness/free-port.js';
import type { Sieve } from '../../harness/proxied-connection.js';
import { TcpProxy } from '../../harness/tcp-proxy.js';

import { LossyPubSub } from './lossy-pub-sub.js';

export interface WorldNodeOptions {
  readonly redisPort: number;
  readonly env: Record<string, string>;
  /** What passes on its way from the node to its clients. */
  readonly frontSieve?: (() => Sieve) | undefined;
}

const MOST_STARTS = 20;

/** A Birdsong node between two bad networks: the link to its Redis, and the front to its clients. */
export class WorldNode {
  private constructor(
    /** On the link. */
    readonly pubSub: LossyPubSub,
    readonly link: TcpProxy,
    readonly front: TcpProxy,
    private process: BirdsongNode,
    private readonly env: Record<string, string>,
  ) {}

  static async start(options: WorldNodeOptions): Promise<WorldNode> {
    const { redisPort, frontSieve } = options;
    const pubSub = new LossyPubSub();
    const link = await TcpProxy.start(redisPort, { sieve: () => pubSub.sieve() });
    const env = { REDIS_URL: `redis://127.0.0.1:${link.port}`, ...options.env };
    try {
      // A port of its own choice would be another one whenever all workers had died.
      const process = await BirdsongNode.start({ env, port: await freePort() });
      const front = await TcpProxy.start(process.port, frontSieve && { sieve: frontSieve });
      return new WorldNode(pubSub, link, front, process, env);
    } catch (error) {
      await link.close();
      throw error;
    }
  }

  /** Where its clients reach it: the front. */
  get origin(): string {
    return `http://127.0.0.1:${this.front.port}`;
  }

  /** Where it is reached without the front. */
  get directOrigin(): string {
    return this.process.url;
  }

  get pid(): number {
    return this.process.pid;
  }

  get output(): string {
    return this.process.output;
  }

  kill(): Promise<void> {
    return this.process.kill();
  }

  /** Kills it and starts it again, behind the same front; as often as it takes, if Redis is away. */
  async restart(): Promise<void> {
    await this.kill();
    for (let left = MOST_STARTS; ; left--) {
      try {
        this.process = await BirdsongNode.start({ env: this.env });
        this.front.retarget(this.process.port);
        return;
      } catch (error) {
        if (left === 1) throw error;
      }
    }
  }

  async end(): Promise<void> {
    await this.front.close();
    // Killed: how a node ends well is tested elsewhere, and here its Redis may be gone.
    await this.kill();
    await this.link.close();
  }
}
