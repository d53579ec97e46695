import type { Socket } from 'node:net';

/** One direction of a proxied connection: writes what one socket reads to the other, in order. */
export class OneWay {
  /** What has been read and not yet written; `null` is the end of the direction. */
  private readonly held: { chunk: Buffer | null; dueMs: number }[] = [];
  private timer: NodeJS.Timeout | undefined;
  private flowing = false;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    private readonly delayMs: () => number,
    sieve: (chunk: Buffer) => Buffer = (chunk) => chunk,
  ) {
    // Explicitly paused, so that a listener for data does not set it flowing.
    from.pause();
    from.on('data', (chunk: Buffer) => this.hold(sieve(chunk)));
    from.once('end', () => this.hold(null));
    to.on('drain', () => this.forward());
  }

  flow(): void {
    this.flowing = true;
    this.forward();
    if (!this.to.writableNeedDrain) this.from.resume();
  }

  stall(): void {
    this.flowing = false;
    clearTimeout(this.timer);
    this.from.pause();
  }

  private hold(chunk: Buffer | null): void {
    const last = this.held.at(-1)?.dueMs ?? 0;
    // A delay that was shortened must not let later bytes overtake earlier ones.
    this.held.push({ chunk, dueMs: Math.max(last, performance.now() + this.delayMs()) });
    this.forward();
  }

  private forward(): void {
    clearTimeout(this.timer);
    if (!this.flowing) return;
    for (let next = this.held[0]; next !== undefined; next = this.held[0]) {
      const inMs = next.dueMs - performance.now();
      if (inMs > 0) {
        this.timer = setTimeout(() => this.forward(), Math.ceil(inMs));
        return;
      }
      this.held.shift();
      if (next.chunk === null) {
        this.to.end();
      } else if (!this.to.write(next.chunk)) {
        this.from.pause();
        return;
      }
    }
    this.from.resume();
  }
}
