import {
  brokerChannelOf,
  type Broker,
  type BrokerChannel,
  type Subscription,
} from '../broker/broker.port.js';
import type { Gap } from '../broker/gap.js';
import { Retry } from '../concurrency/retry.js';
import type { EncodedMessage } from '../protocol/message.js';
import { isAnnouncement } from '../protocol/revisions.js';
import { before, type Position } from '../protocol/position.js';
import type { Channel } from '../channels/channel-policies.js';
import { Frame } from './frame.js';
import { firstBatch, toBatch, type FrameBatch } from './frame-batch.js';
import { FrameRing, MAX_RING_COUNT } from './frame-ring.js';
import type { HistoryLimiter } from '../broker/history-limiter.js';
import { ReplaySource, type ReplayPage } from './replay-source.js';
import { Pacer } from './pacer.js';
import type { RingBudget } from './ring-budget.js';

/** The most frames that a returning reader is given at once. */
const MAX_SHARED_COUNT = 256;
const RESUBSCRIBE_MAX_MS = 2000;

/** A live reader of a feed. */
export interface FeedReader {
  /** @param after the feed's position before the batch */
  deliver(batch: FrameBatch, after: Position): void;
  /** @param after the feed's position before the gap */
  gap(gap: Gap, after: Position): void;
}

/**
 * One channel on one node: its newest position, its recent frames, and its live readers. It is the node's only
 * subscriber to the channel. `Feeds` opens and closes it.
 */
export class ChannelFeed {
  /** Resolves once the feed is subscribed, however long the broker is away. Rejects if the feed is closed first. */
  readonly opened: Promise<void>;
  private readonly brokerChannel: BrokerChannel;
  private readonly history: ReplaySource;
  private readonly pacer: Pacer;
  private readonly readers = new Set<FeedReader>();
  /** The newest frames that live readers have been given. */
  private readonly ring: FrameRing;
  /**
   * Batches that returning readers were given since the last flush, by the offset they start after. Weak, because they
   * copy what the ring has, and are worth their memory only while sockets hold them anyway.
   */
  private readonly shared = new Map<number, WeakRef<FrameBatch>>();
  /** Frames that wait to be delivered together. */
  private arrived: Frame[] = [];
  private subscription: Subscription | undefined;
  private filling: Promise<void> | undefined;
  private isClosed = false;
  private revisionCount = 0;
  private readonly retry = new Retry(RESUBSCRIBE_MAX_MS);

  constructor(
    private readonly broker: Broker,
    limiter: HistoryLimiter,
    readonly channel: Channel,
    budget: RingBudget,
    coalesceMs: number,
  ) {
    this.ring = new FrameRing(budget);
    this.brokerChannel = brokerChannelOf(channel);
    this.history = new ReplaySource(broker, limiter, this.brokerChannel);
    this.pacer = new Pacer(() => this.flush(), coalesceMs);
    this.opened = this.open();
    // Readers await it. A feed that closes before it has one must not cause an unhandled rejection.
    this.opened.catch(() => undefined);
  }

  /** The position of the last frame that live readers have been given. */
  get position(): Position {
    return this.ring.position;
  }

  attach(reader: FeedReader): void {
    this.readers.add(reader);
  }

  detach(reader: FeedReader): void {
    this.readers.delete(reader);
  }

  /**
   * The frames after a position, at most a page of them. `none` if there are none; undefined if the ring does not reach
   * back that far. Readers at the same position share the batch.
   */
  recent(position: Position): FrameBatch | 'none' | undefined {
    if (!this.ring.covers(position)) {
      return undefined;
    }
    const { offset } = position;
    if (offset === this.position.offset) {
      return 'none';
    }
    const shared = this.shared.get(offset)?.deref();
    if (shared) {
      return shared;
    }
    const batch = firstBatch(this.ring.range(offset + 1, offset + MAX_SHARED_COUNT));
    if (batch) {
      this.shared.set(offset, new WeakRef(batch));
    }
    return batch;
  }

  /** The position after which the newest frames begin that fit within these limits. */
  newestWithin(maxCount: number, maxBytes: number): Position {
    const { offset } = this.position;
    const frames = this.ring.range(Math.max(this.ring.first, offset - maxCount + 1));
    let count = 0;
    for (let bytes = 0; count < frames.length; count++) {
      bytes += frames.at(-1 - count)?.bytes.length ?? 0;
      if (bytes > maxBytes && count > 0) {
        break;
      }
    }
    const oldest = count > 0 ? frames.at(-count) : undefined;
    return oldest ? before(oldest.position) : this.position;
  }

  /** Whether the ring has this many of the newest messages, or all that there ever were. */
  hasNewest(count: number): boolean {
    return this.position.offset - this.ring.first + 1 >= Math.min(count, this.position.offset);
  }

  /**
   * Fetches the newest history into the ring, once, so that readers that were away for a moment are all served from
   * memory.
   */
  fill(): Promise<void> {
    this.filling ??= this.fetchNewest();
    return this.filling;
  }

  /** Whether `fill` may extend the ring back to this position. */
  isFillable({ offset }: Position): boolean {
    const newest = this.position.offset;
    return offset < newest && offset >= newest - MAX_RING_COUNT;
  }

  /** The newest messages of history as frames, at most this many. */
  newest(count: number): Promise<ReplayPage> {
    return this.history.newest(count);
  }

  /** The channel's newest position, and whether messages after this position are lost; without any message. */
  checkGap(position: Position): Promise<ReplayPage> {
    return this.history.checkGap(position);
  }

  /** A page of history after a position, as frames. */
  replay(position: Position): Promise<ReplayPage> {
    return this.history.after(position);
  }

  close(): void {
    this.isClosed = true;
    this.subscription?.close();
    this.pacer.close();
    this.readers.clear();
    this.history.close();
    this.ring.close();
    this.shared.clear();
    this.retry.end();
  }

  private async fetchNewest(): Promise<void> {
    const { revisionCount } = this;
    const { frames } = await this.history.newest(MAX_RING_COUNT);
    if (this.revisionCount === revisionCount) {
      this.ring.prepend(frames);
    } else {
      // What was read may be gone.
      await this.fetchNewest();
    }
  }

  private async open(): Promise<void> {
    const subscription = await this.retry.run(
      `Readers of ${this.channel.name} wait for the broker`,
      () => this.subscribe(),
    );
    if (this.isClosed) {
      subscription.close();
    }
  }

  private async subscribe(): Promise<Subscription> {
    const subscription = await this.broker.subscribe(this.brokerChannel, {
      message: (message) => this.receive(message),
      gap: (gap) => this.jump(gap),
    });
    this.subscription = subscription;
    this.ring.jump(subscription.position);
    return subscription;
  }

  private receive(message: EncodedMessage): void {
    if (isAnnouncement(message.type)) {
      // The ring then has everything that it is about.
      this.flush();
      this.revise(message);
    }
    this.arrived.push(new Frame(message));
    this.pacer.request();
  }

  /** From now on, nobody is given what the announcement says is gone. */
  private revise(announcement: EncodedMessage): void {
    this.revisionCount++;
    this.shared.clear();
    this.history.forget();
    this.ring.revise(announcement);
  }

  private flush(): void {
    const batch = toBatch(this.arrived);
    if (!batch) {
      return;
    }
    const after = this.position;
    this.arrived = [];
    this.shared.clear();
    this.ring.append(batch.frames);
    for (const reader of this.readers) {
      reader.deliver(batch, after);
    }
  }

  private jump(gap: Gap): void {
    this.flush();
    const after = this.position;
    this.shared.clear();
    this.ring.jump(gap.resumeAt);
    this.filling = undefined;
    for (const reader of this.readers) {
      reader.gap(gap, after);
    }
  }
}
