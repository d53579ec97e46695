/**
 * Decides when gathered messages are written. While writing is cheap, they are written at the end of the tick, so
 * nothing waits. Otherwise it pauses for as long as the last write took, so that under load many messages share one
 * write and writing takes at most half of the node's time.
 */
export class Pacer {
  private timer: NodeJS.Timeout | undefined;
  private immediate: NodeJS.Immediate | undefined;
  private restUntil = 0;

  /** @param maxMs the longest pause, in milliseconds */
  constructor(
    private readonly write: () => void,
    private readonly maxMs: number,
  ) {}

  /** Schedules a write, unless one is scheduled. */
  request(): void {
    if (this.timer ?? this.immediate) {
      return;
    }
    const restMs = this.restUntil - performance.now();
    if (restMs < 1) {
      this.immediate = setImmediate(() => this.run());
    } else {
      this.timer = setTimeout(() => this.run(), restMs);
    }
  }

  close(): void {
    clearTimeout(this.timer);
    clearImmediate(this.immediate);
  }

  private run(): void {
    this.timer = undefined;
    this.immediate = undefined;
    const start = performance.now();
    this.write();
    // Node's HTTP responses pass what they were given to their sockets in the next tick.
    process.nextTick(() => {
      const end = performance.now();
      this.restUntil = end + Math.min(end - start, this.maxMs);
    });
  }
}
