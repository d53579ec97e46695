import { Injectable, Logger } from '@nestjs/common';
import { LogThrottle } from '../concurrency/log-throttle.js';
import { BirdsongSettings } from '../config/birdsong-settings.js';

/** An answer whose client does not take it as fast as it is written. */
export interface UnsentAnswer {
  destroy(): void;
}

/**
 * What waits for clients that do not take it, over the whole node. What several of them wait for counts once, as it
 * is kept once. Beyond the limit, those that have waited the longest are cut off, if that frees anything: clients
 * that read are through in moments, and whoever is cut off comes back by its Last-Event-ID.
 */
@Injectable()
export class UnsentBytes {
  /** What each waits for, whoever has waited the longest first. */
  private readonly waiting = new Map<UnsentAnswer, object[]>();
  private readonly kept = new Map<object, { waitingCount: number; readonly bytes: number }>();
  private totalBytes = 0;
  private cutOffCount = 0;
  private readonly throttle = new LogThrottle();
  private readonly logger = new Logger('Birdsong');

  constructor(private readonly settings: BirdsongSettings) {}

  /** @returns whether it did not wait for anything before */
  add(answer: UnsentAnswer, what: object, bytes: number): boolean {
    const waitsFor = this.waiting.get(answer);
    if (waitsFor) {
      waitsFor.push(what);
    } else {
      this.waiting.set(answer, [what]);
    }
    const kept = this.kept.get(what);
    if (kept) {
      kept.waitingCount++;
    } else {
      this.kept.set(what, { waitingCount: 1, bytes });
      this.totalBytes += bytes;
      this.shed();
    }
    return !waitsFor;
  }

  /** All of it has been taken, or the answer is closed. */
  release(answer: UnsentAnswer): void {
    for (const what of this.waiting.get(answer) ?? []) {
      const kept = this.kept.get(what);
      if (kept && --kept.waitingCount === 0) {
        this.kept.delete(what);
        this.totalBytes -= kept.bytes;
      }
    }
    this.waiting.delete(answer);
  }

  private shed(): void {
    const isItsOwn = (what: object) => this.kept.get(what)?.waitingCount === 1;
    this.cutOff((waitsFor) => waitsFor.some(isItsOwn));
    // What is left to more than one is not freed by any of them alone.
    this.cutOff(() => true);
  }

  private cutOff(isWorthIt: (waitsFor: readonly object[]) => boolean): void {
    for (const [answer, waitsFor] of this.waiting) {
      if (this.totalBytes <= this.settings.maxTotalUnsentBytes) {
        return;
      }
      if (isWorthIt(waitsFor)) {
        this.release(answer);
        answer.destroy();
        this.cutOffCount++;
        this.log();
      }
    }
  }

  private log(): void {
    if (this.throttle.isDue()) {
      this.logger.warn(
        `Too much waits for clients that do not read: ${this.cutOffCount} were cut off so far.`,
      );
    }
  }
}
