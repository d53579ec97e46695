import { Logger } from '@nestjs/common';
import type { Broker, BrokerChannel, HistoryPage, HistoryQuery } from '../broker/broker.port.js';
import { Pause } from '../concurrency/pause.js';
import { formatPosition, type Position } from '../protocol/position.js';
import { Frame } from './frame.js';
import type { HistoryLimiter } from '../broker/history-limiter.js';

/** Messages per read of history for replay. */
const PAGE_COUNT = 256;

const RETRY_MS = 500;

/** What a reader behind the ring is given. */
export interface ReplayPage extends Omit<HistoryPage, 'messages'> {
  readonly frames: readonly Frame[];
}

/**
 * Reads one channel's history for replay. Readers that want the same page at the same time share one read;
 * while the broker does not answer, they wait for it together. Every read rejects once this is closed.
 */
export class ReplaySource {
  private readonly reading = new Map<string, Promise<ReplayPage>>();
  private readonly pauses = new Set<Pause>();
  private readonly logger = new Logger('Birdsong');
  private isClosed = false;

  constructor(
    private readonly broker: Broker,
    private readonly limiter: HistoryLimiter,
    private readonly channel: BrokerChannel,
  ) {}

  /** Where the channel stands, and whether anything is lost behind this position: a page without messages. */
  outlook(after: Position): Promise<ReplayPage> {
    return this.share(`outlook ${formatPosition(after)}`, { after, limit: 0 });
  }

  /** What follows this position, or some of it. */
  behind(after: Position): Promise<ReplayPage> {
    return this.share(formatPosition(after), { after, limit: PAGE_COUNT });
  }

  /** The newest messages, at most this many. */
  newest(limit: number): Promise<ReplayPage> {
    return this.share(`newest ${limit}`, { limit });
  }

  close(): void {
    this.isClosed = true;
    for (const pause of this.pauses) {
      pause.end();
    }
  }

  private share(key: string, query: HistoryQuery): Promise<ReplayPage> {
    const shared = this.reading.get(key);
    if (shared) {
      return shared;
    }
    const page = this.read(query).finally(() => this.reading.delete(key));
    this.reading.set(key, page);
    return page;
  }

  private async read(query: HistoryQuery): Promise<ReplayPage> {
    for (let isFirst = true; !this.isClosed; isFirst = false) {
      try {
        const page = await this.limiter.run(() => this.readPage(query));
        const frames = page.messages.map((message) => new Frame(message));
        return { frames, newest: page.newest, gap: page.gap };
      } catch (error) {
        if (isFirst && !this.isOver()) {
          this.logger.warn(`Readers of ${this.channel.name} wait for history: ${String(error)}`);
        }
        await this.retryLater();
      }
    }
    throw this.closedError();
  }

  /** Its turn may come when nobody wants it any more. */
  private readPage(query: HistoryQuery): Promise<HistoryPage> {
    return this.isClosed
      ? Promise.reject(this.closedError())
      : this.broker.read(this.channel, query);
  }

  private isOver(): boolean {
    return this.isClosed;
  }

  private closedError(): Error {
    return new Error(`The feed of ${this.channel.name} was closed.`);
  }

  private async retryLater(): Promise<void> {
    const pause = new Pause();
    this.pauses.add(pause);
    await pause.for(this.isClosed ? 0 : RETRY_MS);
    this.pauses.delete(pause);
  }
}
