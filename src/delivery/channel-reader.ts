import type { Gap } from '../broker/gap.js';
import { before, isAfter, isSame, type Position } from '../protocol/position.js';
import type { ChannelFeed, FeedReader } from './channel-feed.js';
import type { Frame } from './frame.js';
import { firstBatch, toBatch, type FrameBatch } from './frame-batch.js';

/** Where a reader begins. */
export type Start =
  | { readonly kind: 'live' }
  /** With the newest messages, at most this many. */
  | { readonly kind: 'newest'; readonly count: number }
  /** Behind a position; `undefined` is what somebody sent in the place of one. */
  | { readonly kind: 'after'; readonly position: Position | undefined };

/** What somebody sent who was nowhere: no history has this epoch. */
const NOWHERE: Position = { epoch: 0, offset: 0 };

/** How much of the newest a reader is given at a time. */
export interface Limit {
  readonly count: number;
  readonly bytes: number;
}

/** What a beginning turned out to be. */
export interface ResolvedStart {
  /** The channel's newest position. */
  readonly newest: Position;
  /** Where the reader begins: the first message it gets follows this position. */
  readonly start: Position;
  readonly gap: Gap | undefined;
}

/** Where a reader's messages go. */
export interface ReaderSink {
  /** @returns a promise that resolves once it can take more, nothing if it can now */
  replay(batch: FrameBatch, reader: ChannelReader): Promise<unknown> | undefined;
  live(batch: FrameBatch, reader: ChannelReader): void;
  gap(gap: Gap, reader: ChannelReader): void;
  /** Messages came while the reader is paused; it will read them once it runs again. */
  missed?(reader: ChannelReader): void;
}

/**
 * One reader's place in one channel. Replays from history and the ring, then reads live, without a hole
 * or a repeat in between: the step from the one to the other happens within one tick.
 */
export class ChannelReader implements FeedReader {
  /** The last message it was given. */
  position: Position = NOWHERE;
  /** Bytes of messages that came since it paused, and that it has yet to read. */
  missedBytes = 0;
  private isPaused = false;
  private isClosed = false;

  constructor(
    readonly feed: ChannelFeed,
    private readonly sink: ReaderSink,
  ) {}

  /** Finds where to begin. Rejects if the broker must be asked and does not answer. */
  async begin(start: Start): Promise<ResolvedStart> {
    await this.feed.opened;
    switch (start.kind) {
      case 'live':
        return this.beginAt(this.feed.position);
      case 'newest':
        return this.beginWith(start.count);
      case 'after':
        return this.beginBehind(start.position);
    }
  }

  /**
   * Replays what it has not read yet, from the ring or else from history, then reads live. Rejects as `begin`.
   * @param limit no more than the newest messages within it, whenever the sink can take more: what has to be left
   * out is told as a gap. Default: all.
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
        // The broker has nothing newer. The feed has yet to come to where this reader is.
        this.attach();
        return;
      }
    }
  }

  deliver(batch: FrameBatch, after: Position): void {
    if (this.isPaused) {
      this.missedBytes += batch.byteCount;
      this.sink.missed?.(this);
      return;
    }
    if (isSame(after, this.position)) {
      this.position = batch.last;
      this.sink.live(batch, this);
      return;
    }
    // It was ahead of the feed: history had more.
    const rest = toBatch(this.unseen(batch.frames));
    if (rest) {
      this.position = rest.last;
      this.sink.live(rest, this);
    }
  }

  /** Stops reading live, until `run`. */
  pause(): void {
    this.isPaused = true;
  }

  gap(gap: Gap, after: Position): void {
    // One that is paused finds it in history.
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
    this.missedBytes = 0;
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

  private async beginBehind(asked: Position | undefined): Promise<ResolvedStart> {
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

  /** Whether there was anything to replay; once the sink can take more. */
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
    // Returned, not awaited: a reader that stalls must not hold the page meanwhile. It reads it again.
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
