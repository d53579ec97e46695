import { Injectable } from '@nestjs/common';
import { BirdsongSettings } from '../options/birdsong.settings.js';
import { PAGE_BYTES } from './broker.port.js';
import { Turns } from './turns.js';

/** Bytes of pages that are read at the same time. As strings they may take twice that, and twice again as an answer. */
const MOST_BYTES = 8 * 1024 * 1024;

/** Lets no more reads of history through than a few at the same time, in the order in which they came. */
@Injectable()
export class HistoryGate {
  private readonly turns = new Turns(MOST_BYTES, 'This node reads as much history as it may.');
  private readonly pageBytes: number;

  constructor({ maxMessageBytes }: BirdsongSettings) {
    // A page has at least one message.
    this.pageBytes = Math.max(PAGE_BYTES, maxMessageBytes);
  }

  /**
   * The outcome of this read, once it has had its turn.
   * @param mostWaitMs how long it waits for its turn; for ever unless given
   * @throws BirdsongError `overloaded` if its turn does not come in time
   */
  async pass<Page>(read: () => Promise<Page>, mostWaitMs?: number): Promise<Page> {
    await this.turns.take(this.pageBytes, mostWaitMs);
    try {
      return await read();
    } finally {
      this.turns.give(this.pageBytes);
    }
  }
}
