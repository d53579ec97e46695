import { Injectable } from '@nestjs/common';
import { WeightedSemaphore } from '../concurrency/weighted-semaphore.js';
import { PAGE_BYTES } from './broker.port.js';
import { BrokerSettings } from './broker-settings.js';

/** Bytes of pages that are read at the same time. As strings they may take twice that, and twice again as an answer. */
const MAX_BYTES = 8 * 1024 * 1024;

/** Lets no more reads of history through than a few at the same time, in the order in which they came. */
@Injectable()
export class HistoryLimiter {
  private readonly pages = new WeightedSemaphore(
    MAX_BYTES,
    'This node reads as much history as it may.',
  );
  private readonly pageBytes: number;

  constructor({ maxMessageBytes }: BrokerSettings) {
    // A page has at least one message.
    this.pageBytes = Math.max(PAGE_BYTES, maxMessageBytes);
  }

  /**
   * The outcome of this read, once it has had its turn.
   * @param maxWaitMs how long it waits for its turn; for ever unless given
   * @throws BirdsongError `overloaded` if its turn does not come in time
   */
  async run<Page>(read: () => Promise<Page>, maxWaitMs?: number): Promise<Page> {
    await this.pages.acquire(this.pageBytes, maxWaitMs);
    try {
      return await read();
    } finally {
      this.pages.release(this.pageBytes);
    }
  }
}
