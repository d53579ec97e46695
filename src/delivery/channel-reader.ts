import type { Gap } from '../broker/gap.js';
import { before, isAfter, isSame, type Position } from '../protocol/position.js';
import type { ChannelFeed, FeedReader } from './channel-feed.js';
import type { Frame } from './frame.js';
import { firstBatch, toBatch, type FrameBatch } from './frame-batch.js';

/** Where a reader is asked to begin. */
export type Start =
  | { readonly kind: 'live' }
  /** With at most this many of the newest messages. */
  | { readonly kind: 'newest'; readonly count: number }
  /** With everything that history has. */
  | { readonly kind: 'oldest' }
  /** After a position; `undefined` if the client sent something else. */
  | { readonly kind: 'after'; readonly position: Position | undefined };

/** Stands for a malformed position: no history has this epoch. */
const NOWHERE: Position = { epoch: 0, offset: 0 };

/** The most of the newest messages that a reader is given at a time. */
export interface Limit {
  readonly count: number;
  readonly bytes: number;
}

/** Where a reader begins, once the feed or the broker has been asked. */
export interface ResolvedStart {
  /** The channel's newest position. */
  readonly newest: Position;
  /** The first message that the reader gets follows this position. */
  readonly start: Position;
  readonly gap: Gap | undefined;
}

/** Where a reader's messages go. */
export interface ReaderSink {
  /** @returns a promise that resolves once the sink can take more; undefined if it can now */
  replay(batch: FrameBatch, reader: ChannelReader): Promise<unknown> | undefined;
  live(batch: FrameBatch, reader: ChannelReader): void;
  gap(gap: Gap, reader: ChannelReader): void;
}

/**
 * One reader's place in one channel. It replays from history and the ring, then reads live. It switches from one to the
 * other within one tick, so nothing is missed or repeated in between.
 */
export class ChannelReader implements FeedReader {
  /** The position of the last message it was given. */
  position: Position = NOWHERE;
  private isPaused = false;
  private isClosed = false;

  constructor(
    readonly feed: ChannelFeed,
    private readonly sink: ReaderSink,
  ) {}

  /** Finds where to begin. Rejects if the feed closes meanwhile. */
  async begin(start: Start): Promise<ResolvedStart> {
    await this.feed.opened;
    switch (start.kind) {
      case 'live':
        return this.beginAt(this.feed.position);
      case 'newest':
        return this.beginWith(start.count);
      case 'oldest':
        return this.beginWithOldest();
      case 'after':
        return this.beginAfter(start.position);
    }
  }

  /**
   * Replays what it has not read yet, from the ring or else from history, then reads live. Rejects as `begin` does.
   * @param limit the most to replay each time the sink can take more; what it leaves out is reported as a gap. Default:
   * everything
   */
  async run(limit?: Limit): Promise<void> {
    while (!this.isClosed) {
      if (limit) {
        this.skipTo(this.feed.newestWithin(limit.count, limit.bytes));
      }
      const recent = this.feed.recent(this.position);
      if (recent === 'none') {
        this.attach();
        return;
      }
      if (recent) {
        await this.replayBatch(recent);
      } else if (!(await this.replay()) && this.isUpToDate()) {
        // The broker has nothing newer, and the feed has yet to reach this reader's position.
        this.attach();
        return;
      }
    }
  }

  deliver(batch: FrameBatch, after: Position): void {
    if (this.isPaused) {
      return;
    }
    if (isSame(after, this.position)) {
      this.position = batch.last;
      this.sink.live(batch, this);
      return;
    }
    // The reader was ahead of the feed, because history had more.
    const rest = toBatch(this.unseen(batch.frames));
    if (rest) {
      this.position = rest.last;
      this.sink.live(rest, this);
    }
  }

  /** Stops reading live, until `run`, which reads what came meanwhile. */
  pause(): void {
    this.isPaused = true;
  }

  gap(gap: Gap, after: Position): void {
    // A paused reader finds the gap in history.
    if (!this.isPaused && (isSame(after, this.position) || isAfter(gap.resumeAt, this.position))) {
      this.jump(gap);
    }
  }

  close(): void {
    this.isClosed = true;
    this.feed.detach(this);
  }

  private attach(): void {
    this.isPaused = false;
    this.feed.attach(this);
  }

  private async beginWith(count: number): Promise<ResolvedStart> {
    if (!this.feed.hasNewest(count)) {
      await this.feed.fill();
    }
    if (this.feed.hasNewest(count)) {
      return this.beginAt(this.feed.newestWithin(count, Infinity));
    }
    const { frames, newest } = await this.feed.newest(count);
    const [first] = frames;
    return this.beginAt(first ? before(first.position) : newest, newest);
  }

  private async beginWithOldest(): Promise<ResolvedStart> {
    const { newest, gap } = await this.feed.checkGap(NOWHERE);
    return this.beginAt(gap?.resumeAt ?? newest, newest);
  }

  private async beginAfter(asked: Position | undefined): Promise<ResolvedStart> {
    if (asked && this.feed.isFillable(asked) && !this.feed.recent(asked)) {
      await this.feed.fill();
    }
    if (asked && this.feed.recent(asked)) {
      return this.beginAt(asked);
    }
    const { newest, gap } = await this.feed.checkGap(asked ?? NOWHERE);
    return gap
      ? this.beginAt(gap.resumeAt, newest, { ...gap, after: asked })
      : this.beginAt(asked ?? newest, newest);
  }

  private beginAt(start: Position, newest = this.feed.position, gap?: Gap): ResolvedStart {
    this.position = start;
    return { newest, start, gap };
  }

  /** Resolves once the sink can take more, with whether there was anything to replay. */
  private async replay(): Promise<boolean> {
    const { frames, gap } = await this.feed.replay(this.position);
    if (this.isOver()) {
      return false;
    }
    if (gap) {
      this.jump(gap);
    }
    const unseen = this.unseen(frames);
    const waiting = this.replayWhileTaken(unseen);
    // Returned, not awaited: a reader that stalls must not hold the page meanwhile. It reads the page again later.
    return waiting ? waiting.then(() => true) : unseen.length > 0;
  }

  private jump(gap: Gap): void {
    const after = this.position;
    this.position = gap.resumeAt;
    this.sink.gap({ ...gap, after }, this);
  }

  private replayWhileTaken(frames: readonly Frame[]): Promise<unknown> | undefined {
    for (let rest = frames; rest.length > 0; rest = this.unseen(rest)) {
      const waiting = this.replayBatch(firstBatch(rest));
      if (waiting) {
        return waiting;
      }
    }
    return undefined;
  }

  private isUpToDate(): boolean {
    return !this.isOver() && !isAfter(this.feed.position, this.position);
  }

  private skipTo(start: Position): void {
    if (isAfter(start, this.position)) {
      const oldest = { epoch: start.epoch, offset: start.offset + 1 };
      this.jump({ after: this.position, oldest, resumeAt: start });
    }
  }

  private unseen(frames: readonly Frame[]): readonly Frame[] {
    return frames.filter(({ position }) => isAfter(position, this.position));
  }

  private replayBatch(batch: FrameBatch | undefined): Promise<unknown> | undefined {
    if (!batch) {
      return undefined;
    }
    this.position = batch.last;
    return this.sink.replay(batch, this);
  }

  private isOver(): boolean {
    return this.isClosed;
  }
}
