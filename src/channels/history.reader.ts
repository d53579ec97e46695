import type { Broker, BrokerChannel, HistoryPage } from '../broker/broker.port.js';
import { Pause } from '../broker/pause.js';
import type { Position } from '../messages/position.js';
import { Frame } from './frame.js';

/**
 * Messages per read of history for replay. Reads begin at multiples of it, so that readers who are not
 * far apart want the same one.
 */
export const PAGE_COUNT = 256;

const RETRY_MS = 500;

/** What a reader behind the ring is given. */
export interface ReplayPage extends Omit<HistoryPage, 'messages' | 'gap'> {
  readonly frames: readonly Frame[];
}

/**
 * Reads one channel's history for replay. Readers that want the same page at the same time share one
 * read; while the broker does not answer, they wait for it together.
 */
export class HistoryReader {
  private readonly reading = new Map<string, Promise<ReplayPage>>();
  private readonly pauses = new Set<Pause>();
  private isClosed = false;

  constructor(
    private readonly broker: Broker,
    private readonly channel: BrokerChannel,
  ) {}

  /**
   * What follows this position, or some of it; it may begin before it. Rejects once closed.
   * @param count how many messages are wanted
   */
  behind({ epoch, offset }: Position, count: number): Promise<ReplayPage> {
    const excess = offset % PAGE_COUNT;
    const after = { epoch, offset: offset - excess };
    const limit = Math.ceil((count + excess) / PAGE_COUNT) * PAGE_COUNT;
    const key = `${after.epoch}-${after.offset}+${limit}`;
    const shared = this.reading.get(key);
    if (shared) {
      return shared;
    }
    const page = this.read(after, limit).finally(() => this.reading.delete(key));
    this.reading.set(key, page);
    return page;
  }

  close(): void {
    this.isClosed = true;
    for (const pause of this.pauses) {
      pause.end();
    }
  }

  private async read(after: Position, limit: number): Promise<ReplayPage> {
    while (!this.isClosed) {
      try {
        const page = await this.broker.read(this.channel, { after, limit });
        const frames = page.messages.map((message) => new Frame(message));
        return { frames, newest: page.newest, oldest: page.oldest };
      } catch {
        // The broker reports its own outages; a stream that is open waits until they are over.
        const pause = new Pause();
        this.pauses.add(pause);
        await pause.for(RETRY_MS);
        this.pauses.delete(pause);
      }
    }
    throw new Error(`The feed of ${this.channel.name} was closed.`);
  }
}
