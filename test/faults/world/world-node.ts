import { BirdsongNode } from '../../harness/birdsong-node.js';
import type { Sieve } from '../../harness/proxied-connection.js';
import { TcpProxy } from '../../harness/tcp-proxy.js';

export interface WorldNodeOptions {
  readonly env: Record<string, string>;
  /** Filters what the node sends to its clients. */
  readonly frontSieve?: (() => Sieve) | undefined;
}

const MAX_STARTS = 20;

/** A Birdsong node behind a bad network: the front to its clients. */
export class WorldNode {
  protected constructor(
    readonly front: TcpProxy,
    private process: BirdsongNode,
    private readonly env: Record<string, string>,
  ) {}

  static async start(options: WorldNodeOptions): Promise<WorldNode> {
    return new WorldNode(...(await WorldNode.launch(options)));
  }

  protected static async launch({
    env,
    frontSieve,
  }: WorldNodeOptions): Promise<[TcpProxy, BirdsongNode, Record<string, string>]> {
    const process = await BirdsongNode.start({ env });
    const front = await TcpProxy.start(process.port, frontSieve && { sieve: frontSieve });
    return [front, process, env];
  }

  /** The origin for clients, through the front. */
  get origin(): string {
    return `http://127.0.0.1:${this.front.port}`;
  }

  /** The origin without the front. */
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

  /** Kills it and restarts it behind the same front, repeatedly if Redis is away. */
  async restart(): Promise<void> {
    await this.kill();
    for (let left = MAX_STARTS; ; left--) {
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
    // Killed, because a graceful stop is tested elsewhere and its Redis may be gone.
    await this.kill();
  }
}

/** Starts this many nodes: all or none. */
export async function startNodes<Node extends WorldNode>(
  count: number,
  start: () => Promise<Node>,
): Promise<Node[]> {
  const started = await Promise.allSettled(Array.from({ length: count }, start));
  const nodes = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = started.find((one) => one.status === 'rejected');
  if (failed) {
    await Promise.all(nodes.map((node) => node.end()));
    throw failed.reason;
  }
  return nodes;
}
