import { Injectable } from '@nestjs/common';
import { overloaded } from '../errors/overloaded.js';

/** Each page may take some megabytes until it is passed on. */
const MOST_AT_ONCE = 32;

/** Lets no more reads of history through than a few at the same time, in the order in which they came. */
@Injectable()
export class HistoryGate {
  private runningCount = 0;
  private readonly waiting = new Set<() => void>();

  /**
   * The outcome of this read, once it has had its turn.
   * @param mostWaitMs how long it waits for its turn; for ever unless given
   * @throws BirdsongError `overloaded` if its turn does not come in time
   */
  async pass<Page>(read: () => Promise<Page>, mostWaitMs?: number): Promise<Page> {
    if (this.runningCount >= MOST_AT_ONCE) {
      await this.turn(mostWaitMs);
    } else {
      this.runningCount++;
    }
    try {
      return await read();
    } finally {
      this.next();
    }
  }

  private turn(mostWaitMs: number | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const begin = () => {
        clearTimeout(timer);
        resolve();
      };
      this.waiting.add(begin);
      if (mostWaitMs !== undefined) {
        timer = setTimeout(() => {
          this.waiting.delete(begin);
          reject(overloaded('This node reads as much history as it may.'));
        }, mostWaitMs);
      }
    });
  }

  /** Who has waited the longest takes over the place of the one that is through. */
  private next(): void {
    const [begin] = this.waiting;
    if (begin) {
      this.waiting.delete(begin);
      begin();
    } else {
      this.runningCount--;
    }
  }
}
