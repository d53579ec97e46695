import { Latencies, type LatencySummary } from './latencies.js';

/** How long to wait for a possible repeat of the last message. */
const REPEATS_MS = 20;

/** The totals of all readers. A delivery counts if it is exactly the next message of its reader. */
export class Tally {
  deliveredCount = 0;
  /** When the last delivery was read: microseconds of the monotonic clock. */
  lastAtUs = 0;
  /** Messages that never came, as shown by a later one that did. */
  missedCount = 0;
  repeatedCount = 0;
  /** Connections that ended or failed. */
  lostCount = 0;
  private latencies: Latencies | undefined;
  private latencyEvery = 1;
  /** Called with everything that is read, if more than the messages is of interest. */
  readBytes: ((bytes: Buffer, length: number) => void) | undefined;
  private goal: { count: number; reach: () => void } | undefined;

  get isClean(): boolean {
    return this.missedCount === 0 && this.repeatedCount === 0 && this.lostCount === 0;
  }

  /** @param latencyEvery latencies are counted for one in this many readers; 0 for none */
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

  /** Where a reader counts latencies, if it does. */
  latenciesOf(readerIndex: number): Latencies | undefined {
    return this.latencies && readerIndex % this.latencyEvery === 0 ? this.latencies : undefined;
  }

  latencySummary(): LatencySummary | undefined {
    return this.latencies?.summary();
  }

  /** Call it after every change. */
  look(): void {
    if (this.goal && (this.deliveredCount >= this.goal.count || !this.isClean)) this.goal.reach();
  }
}
