import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import type { RedisMaster, RedisTopology } from './redis-topology.js';

/** What comes in quick succession is one question. */
const SOON_MS = 50;

/** Asks who the masters are whenever that may have changed, one question at a time. */
export class TopologyWatcher {
  private readonly logger = new Logger('Birdsong');
  private asking: Promise<void> = Promise.resolve();
  /** The question that begins when the one under way has its answer. */
  private askingNext: Promise<void> | undefined;
  private soon: NodeJS.Timeout | undefined;
  private isLost = false;
  private isClosed = false;

  /**
   * @param clients gives the connections to masters that are open
   * @param follow is told every answer
   */
  constructor(
    private readonly topology: RedisTopology,
    private readonly clients: () => readonly Redis[],
    private readonly follow: (masters: readonly RedisMaster[]) => void,
  ) {}

  /** @throws Error if nobody answers */
  async open(): Promise<void> {
    this.follow(await this.topology.masters([]));
  }

  /** Resolves once an answer that was asked for after this call is followed, or none came. */
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
      this.logger.warn(`Nobody tells who the masters of Redis are: ${message}`);
    }
  }
}
