import type { Gap } from '../broker/broker.port.js';
import { isGap, type Position } from '../messages/position.js';
import type { ChannelFeed, FeedReader } from './channel.feed.js';
import type { Frame } from './frame.js';
import { firstBatch, toBatch, type FrameBatch } from './frame-batch.js';
import type { ReplayPage } from './history.reader.js';

/** Where a reader begins. */
export type Start =
  | { readonly kind: 'live' }
  /** With the newest messages, at most this many. */
  | { readonly kind: 'newest'; readonly count: number }
  /** Behind a position; `undefined` is what somebody sent in the place of one. */
  | { readonly kind: 'after'; readonly position: Position | undefined };

/** How much of the newest a reader is given at a time. */
export interface Limit {
  readonly count: number;
  readonly bytes: number;
}

/** What a beginning turned out to be. */
export interface Beginning {
  /** The channel's newest position. */
  readonly newest: Position;
  /** Where the reader begins: the first message it gets follows this position. */
  readonly start: Position;
  readonly gap: Gap | undefined;
}

/** Where a reader's messages go. */
export interface ReaderSink {
  /** @returns a promise that resolves once it can take more, nothing if it can now */
  replay(batch: FrameBatch, reader: ChannelReader): Promise<void> | undefined;
  live(batch: FrameBatch, reader: ChannelReader): void;
  gap(gap: Gap, reader: ChannelReader): void;
}

/**
 * One reader's place in one channel. Replays from history and the ring, then reads live, without a hole
 * or a repeat in between: the step from the one to the other happens within one tick.
 */
export class ChannelReader implements FeedReader {
  private epoch = 0;
  private offset = 0;
  /** A page that was read to find out where to begin. */
  private page: ReplayPage | undefined;
  private isClosed = false;

  constructor(
    readonly feed: ChannelFeed,
    private readonly sink: ReaderSink,
  ) {}

  /** The last message it was given. */
  get position(): Position {
    return { epoch: this.epoch, offset: this.offset };
  }

  /** Finds where to begin. Rejects if the broker must be asked and does not answer. */
  async begin(start: Start): Promise<Beginning> {
    await this.feed.opened;
    const { epoch, offset } = this.feed.position;
    const asked = (() => {
      switch (start.kind) {
        case 'live':
          return this.feed.position;
        case 'newest':
          return { epoch, offset: Math.max(0, offset - start.count) };
        case 'after':
          return start.position;
      }
    })();
    if (asked && this.feed.isFillable(asked) && !this.feed.recent(asked)) {
      await this.feed.fill();
    }
    if (asked && this.feed.recent(asked)) {
      this.moveTo(asked);
      return { newest: this.feed.position, start: asked, gap: undefined };
    }
    this.page = await this.feed.replay(asked ?? { epoch, offset: 0 });
    const gap = this.gapOf(asked, this.page);
    const begin = gap?.resumeAt ?? asked ?? this.feed.position;
    this.moveTo(begin);
    return {
      newest: this.page.newest,
      start: begin,
      // History that reaches back less far than somebody would like is not something they have missed.
      gap: start.kind === 'after' ? gap : undefined,
    };
  }

  /**
   * Replays what `begin` found to be missing, then reads live. Rejects as `begin`.
   * @param most how much may be given at a time, if not all: see `resume`
   */
  async run(most?: Limit): Promise<void> {
    while (!this.isClosed) {
      if (most) {
        this.skipTo(this.feed.newestWithin(most.count, most.bytes));
      }
      const recent = this.feed.recent(this.position);
      if (recent === 'none') {
        this.feed.attach(this);
        return;
      }
      if (recent) {
        await this.give(recent);
      } else if (!(await this.replay()) && !this.isOver() && !this.isBehindFeed()) {
        // The broker has nothing newer. The feed has yet to come to where this reader is.
        this.feed.attach(this);
        return;
      }
    }
  }

  deliver(batch: FrameBatch): void {
    const { epoch, offset } = batch.first;
    if (epoch === this.epoch && offset === this.offset + 1) {
      this.moveTo(batch.last);
      this.sink.live(batch, this);
      return;
    }
    if (epoch > this.epoch) {
      // The feed came to a new history while this reader was still replaying the old one.
      const resumeAt = { epoch, offset: offset - 1 };
      this.gap({ after: this.position, oldest: batch.first, resumeAt });
    }
    const rest = toBatch(this.unseen(batch.frames));
    if (rest) {
      this.moveTo(rest.last);
      this.sink.live(rest, this);
    }
  }

  /** Stops reading live, until `resume`. */
  pause(): void {
    this.feed.detach(this);
  }

  /**
   * Reads on, with no more than the newest messages within this limit, whenever the sink can take more: what it
   * has to leave out is told as a gap.
   */
  resume(most: Limit): Promise<void> {
    return this.run(most);
  }

  gap(gap: Gap): void {
    const { epoch, offset } = gap.resumeAt;
    if (epoch === this.epoch && offset <= this.offset) {
      return;
    }
    const after = this.position;
    this.moveTo(gap.resumeAt);
    this.sink.gap({ ...gap, after }, this);
  }

  close(): void {
    this.isClosed = true;
    this.feed.detach(this);
  }

  /** Whether there was anything to replay; once the sink can take more. */
  private async replay(): Promise<boolean> {
    const page = this.page ?? (await this.feed.replay(this.position));
    this.page = undefined;
    if (this.isOver()) {
      return false;
    }
    const gap = this.gapOf(this.position, page);
    if (gap) {
      this.gap(gap);
    }
    const unseen = this.unseen(page.frames);
    const waiting = this.giveWhileTaken(unseen);
    // Returned, not awaited: a reader that stalls must not hold the page meanwhile. It reads it again.
    return waiting ? waiting.then(() => true) : unseen.length > 0;
  }

  private giveWhileTaken(frames: readonly Frame[]): Promise<void> | undefined {
    for (let rest = frames; rest.length > 0; rest = this.unseen(rest)) {
      const waiting = this.give(firstBatch(rest));
      if (waiting) {
        return waiting;
      }
    }
    return undefined;
  }

  private skipTo(start: Position): void {
    if (start.epoch === this.epoch && start.offset > this.offset) {
      const oldest = { epoch: start.epoch, offset: start.offset + 1 };
      this.gap({ after: this.position, oldest, resumeAt: start });
    }
  }

  private isBehindFeed(): boolean {
    const { epoch, offset } = this.feed.position;
    return epoch === this.epoch && this.offset < offset;
  }

  private unseen(frames: readonly Frame[]): readonly Frame[] {
    return frames.filter(
      ({ position }) => position.epoch === this.epoch && position.offset > this.offset,
    );
  }

  private give(batch: FrameBatch | undefined): Promise<void> | undefined {
    if (!batch) {
      return undefined;
    }
    this.moveTo(batch.last);
    return this.sink.replay(batch, this);
  }

  private isOver(): boolean {
    return this.isClosed;
  }

  private gapOf(asked: Position | undefined, { newest, oldest }: ReplayPage): Gap | undefined {
    if (asked && !isGap(asked, newest, oldest)) {
      return undefined;
    }
    const { epoch } = newest;
    return {
      after: asked,
      oldest: oldest === undefined ? undefined : { epoch, offset: oldest },
      resumeAt: { epoch, offset: oldest === undefined ? newest.offset : oldest - 1 },
    };
  }

  private moveTo({ epoch, offset }: Position): void {
    this.epoch = epoch;
    this.offset = offset;
  }
}
