import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import type { RedisMaster, RedisTopology } from './redis-topology.js';

/** Requests in quick succession become one query. */
const SOON_MS = 50;

/** Queries the masters whenever they may have changed, one query at a time. */
export class TopologyWatcher {
  private readonly logger = new Logger('Birdsong');
  private asking: Promise<void> = Promise.resolve();
  /** The query that begins when the one in progress is done. */
  private askingNext: Promise<void> | undefined;
  private soon: NodeJS.Timeout | undefined;
  private isLost = false;
  private isClosed = false;

  /**
   * @param clients returns the open connections to masters
   * @param follow called with every answer
   */
  constructor(
    private readonly topology: RedisTopology,
    private readonly clients: () => readonly Redis[],
    private readonly follow: (masters: readonly RedisMaster[]) => void,
  ) {}

  /** @throws Error if no server answers */
  async open(): Promise<void> {
    this.follow(await this.topology.masters([]));
  }

  /** Resolves once a query that began after this call has been followed, or has failed. */
  ask(): Promise<void> {
    this.askingNext ??= this.asking.then(() => {
      this.askingNext = undefined;
      this.asking = this.askNow();
      return this.asking;
    });
    return this.askingNext;
  }

  askSoon(): void {
    if (!this.isClosed) {
      this.soon ??= setTimeout(() => {
        this.soon = undefined;
        void this.ask();
      }, SOON_MS);
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.soon);
    await this.topology.close();
    await this.asking;
  }

  private async askNow(): Promise<void> {
    if (this.isClosed) {
      return;
    }
    try {
      this.succeeded(await this.topology.masters(this.clients()));
    } catch (error) {
      this.failed(error as Error);
    }
  }

  private succeeded(masters: readonly RedisMaster[]): void {
    this.isLost = false;
    if (!this.isClosed) {
      this.follow(masters);
    }
  }

  private failed({ message }: Error): void {
    if (!this.isLost && !this.isClosed) {
      this.isLost = true;
      this.logger.warn(`Cannot find out who the Redis masters are: ${message}`);
    }
  }
}
