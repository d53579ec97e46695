import { OffsetLog } from '../broker/offset-log.js';
import { isSame, type Position } from '../protocol/position.js';
import type { EncodedMessage, Message } from '../protocol/message.js';
import {
  deleted,
  EDITED,
  edited,
  isAnnouncement,
  isEditOf,
  parseAnnouncement,
} from '../protocol/revisions.js';
import { Frame } from './frame.js';
import type { RingBudget, Shrinkable } from './ring-budget.js';

/** What a frame's objects take in V8's heap, in addition to its bytes. */
const FRAME_BYTES = 512;

/** The most frames that a ring keeps. */
export const MAX_RING_COUNT = 1024;

/** A channel's newest frames, as many as its count and the budget of all rings allow. */
export class FrameRing implements Shrinkable {
  private log: OffsetLog<Frame>;
  private bytes = 0;
  private isClosed = false;

  constructor(
    private readonly budget: RingBudget,
    /** The position of the newest frame, even if it is no longer kept. */
    public position: Position = { epoch: 0, offset: 0 },
  ) {
    this.log = new OffsetLog(position.offset + 1);
  }

  /** The offset of the oldest frame kept. When empty, that of the next frame. */
  get first(): number {
    return this.log.first;
  }

  /** Whether the ring has every frame after this position. */
  covers(position: Position): boolean {
    if (isSame(position, this.position)) {
      return true;
    }
    const { epoch, offset } = position;
    // The position must be that of a frame, or right before one in the same epoch: epochs end between frames.
    return this.log.range(offset, offset + 1).some((frame) => frame.position.epoch === epoch);
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
      this.position = frame.position;
      added += costOf(frame);
    }
    this.bytes += added;
    this.budget.grow(this, added);
    while (this.log.count > MAX_RING_COUNT) {
      this.budget.shrink(this.dropOldest());
    }
  }

  /**
   * Adds the older ones of these consecutive frames, if they adjoin its own and there is room. It takes only those of
   * the same epoch: only the broker can say whether something was lost between epochs.
   */
  prepend(frames: readonly Frame[]): void {
    const anchor = this.log.oldest?.position ?? this.position;
    const adjoining = frames.findIndex(({ position }) => isSame(position, anchor));
    const room = MAX_RING_COUNT - this.log.count;
    if (this.isClosed || room <= 0 || adjoining === -1) {
      return;
    }
    const older = frames
      .slice(0, this.log.oldest ? adjoining : adjoining + 1)
      .filter(({ position }) => position.epoch === anchor.epoch);
    const kept = older.slice(-room);
    this.log.prepend(kept);
    const added = kept.reduce((sum, frame) => sum + costOf(frame), 0);
    this.bytes += added;
    this.budget.grow(this, added);
  }

  /** Carries out what the event says, for what the ring has of the messages before it. */
  revise(event: EncodedMessage): void {
    const announcement = parseAnnouncement(event);
    switch (announcement.kind) {
      case 'cleared':
        this.clear();
        return;
      case 'deleted':
        announcement.positions.forEach((position) => this.replace(position, deleted));
        return;
      case 'edited': {
        const { position, data } = announcement;
        const { createdAt } = JSON.parse(event.json) as Message;
        for (const frame of this.log.range(position.offset + 1)) {
          if (frame.isOf(EDITED) && isEditOf(frame.toMessage(), position)) {
            this.replace(frame.position, deleted);
          }
        }
        this.replace(position, (message) =>
          isAnnouncement(message.type) ? message : edited(message, data, createdAt),
        );
      }
    }
  }

  /** Drops everything and continues after another position. */
  jump(position: Position): void {
    this.clear();
    this.position = position;
    this.log = new OffsetLog(position.offset + 1);
  }

  dropOldest(): number {
    const { oldest } = this.log;
    const freed = oldest ? costOf(oldest) : 0;
    if (freed > 0) {
      this.log.dropOldest();
      this.bytes -= freed;
    }
    return freed;
  }

  private replace(position: Position, revised: (message: EncodedMessage) => EncodedMessage): void {
    const frame = this.log.at(position.offset);
    if (frame && isSame(frame.position, position)) {
      const replacement = new Frame(revised(frame.toMessage()));
      const added = costOf(replacement) - costOf(frame);
      this.log.replace(position.offset, replacement);
      this.bytes += added;
      this.budget.grow(this, added);
    }
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

const costOf = ({ bytes }: Frame): number => bytes.length + FRAME_BYTES;
