import { Latencies, type LatencySummary } from './latencies.js';

/** How long a repeat of the last message is waited for. */
const REPEATS_MS = 20;

/** What all readers have together. A delivery counts when it is the very next message of its reader. */
export class Tally {
  deliveredCount = 0;
  /** When the last delivery was read: microseconds of the monotonic clock. */
  lastAtUs = 0;
  /** Messages that never came, seen by a later one that did. */
  missedCount = 0;
  repeatedCount = 0;
  /** Connections that ended or failed. */
  lostCount = 0;
  private latencies: Latencies | undefined;
  private latencyEvery = 1;
  /** Is shown all that is read, where more than the messages is of interest. */
  readBytes: ((bytes: Buffer, length: number) => void) | undefined;
  private goal: { count: number; reach: () => void } | undefined;

  get isClean(): boolean {
    return this.missedCount === 0 && this.repeatedCount === 0 && this.lostCount === 0;
  }

  /** @param latencyEvery one in how many readers has its latencies counted; 0 for none */
  begin(latencyEvery: number): void {
    this.deliveredCount = 0;
    this.missedCount = 0;
    this.repeatedCount = 0;
    this.lostCount = 0;
    this.latencies = latencyEvery > 0 ? new Latencies() : undefined;
    this.latencyEvery = latencyEvery;
  }

  /**
   * Resolves once there are that many deliveries and nothing came after them, or anything went wrong, or
   * the time is up. @returns when the last delivery was read
   */
  async settle(count: number, deadlineMs: number): Promise<number> {
    if (this.deliveredCount < count && this.isClean) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadlineMs);
        const reach = (): void => {
          clearTimeout(timer);
          resolve();
        };
        this.goal = { count, reach };
      });
      this.goal = undefined;
    }
    const { lastAtUs } = this;
    await new Promise((resolve) => setTimeout(resolve, REPEATS_MS));
    return lastAtUs;
  }

  /** Where a reader counts latencies, if it is one of those that do. */
  latenciesOf(readerIndex: number): Latencies | undefined {
    return this.latencies && readerIndex % this.latencyEvery === 0 ? this.latencies : undefined;
  }

  latencySummary(): LatencySummary | undefined {
    return this.latencies?.summary();
  }

  /** To be called after every change. */
  look(): void {
    if (this.goal && (this.deliveredCount >= this.goal.count || !this.isClean)) this.goal.reach();
  }
}
