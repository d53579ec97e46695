import { OffsetLog } from '../broker/offset-log.js';
import type { Position } from '../messages/position.js';
import type { Frame } from './frame.js';
import type { RingBudget, Shrinkable } from './ring-budget.js';

/** The most frames a ring keeps. */
export const RING_COUNT = 1024;

/** A channel's newest frames, as many as its count and the budget of all rings allow. */
export class FrameRing implements Shrinkable {
  private log: OffsetLog<Frame>;
  private bytes = 0;
  private isClosed = false;

  constructor(
    private readonly budget: RingBudget,
    private epoch = 0,
    last = 0,
  ) {
    this.log = new OffsetLog(last + 1);
  }

  /** The position of the newest frame, kept or not. */
  get position(): Position {
    return { epoch: this.epoch, offset: this.log.last };
  }

  /** The offset of the oldest frame kept; without any, of the next one. */
  get first(): number {
    return this.log.first;
  }

  covers({ epoch, offset }: Position): boolean {
    return epoch === this.epoch && offset >= this.log.first - 1 && offset <= this.log.last;
  }

  /** The frames from offset `from` to `to`, both included, as far as they are kept. */
  range(from: number, to?: number): readonly Frame[] {
    if (!this.isClosed) {
      this.budget.touch(this);
    }
    return this.log.range(from, to);
  }

  append(frames: readonly Frame[]): void {
    let added = 0;
    for (const frame of frames) {
      this.log.append(frame);
      added += frame.bytes.length;
    }
    this.bytes += added;
    this.budget.grow(this, added);
    while (this.log.count > RING_COUNT) {
      this.budget.shrink(this.dropOldest());
    }
  }

  /** Keeps older frames too, if they adjoin and there is room. */
  prepend(frames: readonly Frame[]): void {
    const { first, count } = this.log;
    const older = frames.filter(
      ({ position }) => position.epoch === this.epoch && position.offset < first,
    );
    const room = RING_COUNT - count;
    if (this.isClosed || room <= 0 || older.at(-1)?.position.offset !== first - 1) {
      return;
    }
    const kept = older.slice(-room);
    this.log.prepend(kept);
    const added = kept.reduce((sum, frame) => sum + frame.bytes.length, 0);
    this.bytes += added;
    this.budget.grow(this, added);
  }

  /** Goes on behind another position, with nothing kept. */
  jump({ epoch, offset }: Position): void {
    this.clear();
    this.epoch = epoch;
    this.log = new OffsetLog(offset + 1);
  }

  dropOldest(): number {
    const freed = this.log.oldest?.bytes.length ?? 0;
    if (freed > 0) {
      this.log.dropOldest();
      this.bytes -= freed;
    }
    return freed;
  }

  close(): void {
    this.isClosed = true;
    this.clear();
    this.budget.forget(this);
  }

  private clear(): void {
    this.budget.shrink(this.bytes);
    this.bytes = 0;
    this.log = new OffsetLog(this.log.last + 1);
  }
}
