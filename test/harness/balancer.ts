import { setTimeout as pause } from 'node:timers/promises';
import { request } from './http-client.js';

const LOOK_MS = 100;

/** A load balancer: returns the nodes that report being ready, in turn. */
export class Balancer {
  private readonly ready = new Set<string>();
  private turn = 0;
  private isStopped = false;
  private readonly looking: Promise<unknown>;

  private constructor(private readonly nodeUrls: readonly string[]) {
    this.looking = Promise.all(nodeUrls.map((url) => this.watch(url)));
  }

  /** Resolves once all are ready. */
  static async start(nodeUrls: readonly string[]): Promise<Balancer> {
    const balancer = new Balancer(nodeUrls);
    for (const url of nodeUrls) await balancer.until(url, true);
    return balancer;
  }

  /** The address of a node, without a slash at the end. */
  next(): string {
    const urls = this.nodeUrls.filter((url) => this.ready.has(url));
    // If none is ready, it returns one all the same, as balancers do.
    return (urls.length > 0 ? urls : this.nodeUrls).at(this.turn++ % (urls.length || 1)) ?? '';
  }

  isReady(url: string): boolean {
    return this.ready.has(url);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.looking;
  }

  /** Resolves once this node is seen to be ready, or not ready. */
  async until(url: string, isReady: boolean): Promise<void> {
    while (this.isReady(url) !== isReady) await pause(LOOK_MS);
  }

  private async watch(url: string): Promise<void> {
    while (!this.isStopped) {
      const isOk = await request(`${url}/health/ready`, { deadlineMs: 5000 }).then(
        ({ status }) => status === 200,
        () => false,
      );
      if (isOk) this.ready.add(url);
      else this.ready.delete(url);
      await pause(LOOK_MS);
    }
  }
}
