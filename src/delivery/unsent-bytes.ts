import { Injectable, Logger } from '@nestjs/common';
import { LogThrottle } from '../concurrency/log-throttle.js';
import { BirdsongSettings } from '../config/birdsong-settings.js';

/** An answer that is written faster than its client reads it. */
export interface UnsentAnswer {
  destroy(): void;
}

/**
 * The bytes that wait for slow clients, over the whole node. Bytes that several clients wait for count once, as they
 * are kept once. Beyond the limit, the clients that have waited the longest are cut off, if that frees anything. A
 * client that reads is done in moments, and one that is cut off resumes by its Last-Event-ID.
 */
@Injectable()
export class UnsentBytes {
  /** What each answer waits to send, the longest waiting first. */
  private readonly waiting = new Map<UnsentAnswer, object[]>();
  private readonly kept = new Map<object, { waitingCount: number; readonly bytes: number }>();
  private totalBytes = 0;
  private cutOffCount = 0;
  private readonly throttle = new LogThrottle();
  private readonly logger = new Logger('Birdsong');

  constructor(private readonly settings: BirdsongSettings) {}

  /** @returns whether the answer had nothing waiting before */
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

  /** Notes that the client has taken everything, or that the answer is closed. */
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
    // What several clients wait for is freed only when the last of them is cut off.
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
        `Too many bytes wait for slow clients (maxTotalUnsentBytes): ${this.cutOffCount} were cut off so far.`,
      );
    }
  }
}
