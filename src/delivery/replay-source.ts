import type { Broker, BrokerChannel, HistoryPage, HistoryQuery } from '../broker/broker.port.js';
import { Retry } from '../concurrency/retry.js';
import { formatPosition, type Position } from '../protocol/position.js';
import { Frame } from './frame.js';
import type { HistoryLimiter } from '../broker/history-limiter.js';

/** The most messages in one page of replay. */
const PAGE_COUNT = 256;

const RETRY_MAX_MS = 500;

/** A page of history as frames. */
export interface ReplayPage extends Omit<HistoryPage, 'messages'> {
  readonly frames: readonly Frame[];
}

/**
 * Reads one channel's history for replay. Readers that want the same page at the same time share one read, and while
 * the broker does not answer they wait together. Every read rejects once this is closed.
 */
export class ReplaySource {
  private readonly reading = new Map<string, Promise<ReplayPage>>();
  private readonly retry = new Retry(RETRY_MAX_MS);
  private isClosed = false;

  constructor(
    private readonly broker: Broker,
    private readonly limiter: HistoryLimiter,
    private readonly channel: BrokerChannel,
  ) {}

  /** The channel's newest position, and whether messages after this position are lost: a page without messages. */
  checkGap(after: Position): Promise<ReplayPage> {
    return this.share(`checkGap ${formatPosition(after)}`, { after, limit: 0 });
  }

  /** A page of the messages after this position. */
  after(after: Position): Promise<ReplayPage> {
    return this.share(formatPosition(after), { after, limit: PAGE_COUNT });
  }

  /** At most this many of the newest messages. */
  newest(limit: number): Promise<ReplayPage> {
    return this.share(`newest ${limit}`, { limit });
  }

  /** Begins further reads anew: what is being read may have changed. */
  forget(): void {
    this.reading.clear();
  }

  close(): void {
    this.isClosed = true;
    this.retry.end();
  }

  private share(key: string, query: HistoryQuery): Promise<ReplayPage> {
    const shared = this.reading.get(key);
    if (shared) {
      return shared;
    }
    const page = this.read(query).finally(() => {
      if (this.reading.get(key) === page) {
        this.reading.delete(key);
      }
    });
    this.reading.set(key, page);
    return page;
  }

  private async read(query: HistoryQuery): Promise<ReplayPage> {
    const { messages, newest, gap } = await this.retry.run(
      `Readers of ${this.channel.name} wait for history`,
      () => this.limiter.run(() => this.readPage(query)),
    );
    return { frames: messages.map((message) => new Frame(message)), newest, gap };
  }

  /** Its turn may come after this was closed. */
  private readPage(query: HistoryQuery): Promise<HistoryPage> {
    return this.isClosed
      ? Promise.reject(new Error('It was closed.'))
      : this.broker.read(this.channel, query);
  }
}
