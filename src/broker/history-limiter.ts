import { Injectable } from '@nestjs/common';
import { WeightedSemaphore } from '../concurrency/weighted-semaphore.js';
import { PAGE_BYTES } from './broker.port.js';
import { BrokerSettings } from './broker-settings.js';

/**
 * The most bytes of pages read at the same time. As strings they may take twice that, and twice that again as answers.
 */
const MAX_BYTES = 8 * 1024 * 1024;

/** Lets only a few reads of history run at the same time. The others wait in order. */
@Injectable()
export class HistoryLimiter {
  private readonly pages = new WeightedSemaphore(
    MAX_BYTES,
    'This node has reached its limit for reading history.',
  );
  private readonly pageBytes: number;

  constructor({ maxMessageBytes }: BrokerSettings) {
    // A page has at least one message.
    this.pageBytes = Math.max(PAGE_BYTES, maxMessageBytes);
  }

  /**
   * Runs this read when its turn comes.
   * @param maxWaitMs how long it may wait for its turn. Default: for ever
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
