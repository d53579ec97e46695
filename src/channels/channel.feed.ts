import type { Broker, BrokerChannel, Gap, Subscription } from '../broker/broker.port.js';
import { OffsetLog } from '../broker/offset-log.js';
import { Pause } from '../broker/pause.js';
import type { EncodedMessage } from '../messages/message.js';
import type { Position } from '../messages/position.js';
import { Frame } from './frame.js';
import { firstBatch, toBatch, type FrameBatch } from './frame-batch.js';
import { HistoryReader, PAGE_COUNT, type ReplayPage } from './history.reader.js';
import { Pacer } from './pacer.js';

/** Recent messages that a feed keeps at hand for readers that come back. */
const RING_COUNT = 1024;
const RESUBSCRIBE_FIRST_MS = 100;
const RESUBSCRIBE_MOST_MS = 2000;

/** Who reads a feed live. */
export interface FeedReader {
  deliver(batch: FrameBatch): void;
  gap(gap: Gap): void;
}

/**
 * One channel on one node: its newest position, recent frames, and the readers of both. It is the only
 * subscriber of its channel here; the registry that opened it closes it.
 */
export class ChannelFeed {
  /** Resolves once the feed is subscribed: at once, or when the broker is back. Rejects if closed first. */
  readonly opened: Promise<void>;
  private readonly history: HistoryReader;
  private readonly pacer: Pacer;
  private readonly readers = new Set<FeedReader>();
  private epoch = 0;
  /** Frames that readers have been given. Its last offset is the feed's position. */
  private ring = new OffsetLog<Frame>(1);
  /** What readers that come back were given since the last flush, by their offset. */
  private readonly shared = new Map<number, FrameBatch | undefined>();
  /** Frames that wait to be given to readers together. */
  private arrived: Frame[] = [];
  private subscription: Subscription | undefined;
  private isClosed = false;
  private readonly pause = new Pause();

  constructor(
    private readonly broker: Broker,
    readonly channel: BrokerChannel,
    coalesceMs: number,
  ) {
    this.history = new HistoryReader(broker, channel);
    this.pacer = new Pacer(() => this.flush(), coalesceMs);
    this.opened = this.open();
    // Each reader awaits it; a feed that is closed before it has one must not count as unhandled.
    this.opened.catch(() => undefined);
  }

  /** The last position that readers have been given. */
  get position(): Position {
    return { epoch: this.epoch, offset: this.ring.last };
  }

  attach(reader: FeedReader): void {
    this.readers.add(reader);
  }

  detach(reader: FeedReader): void {
    this.readers.delete(reader);
  }

  /**
   * The frames behind a position, a page at most, or nothing if the ring does not reach back that far.
   * Readers at the same position share them.
   */
  recent({ epoch, offset }: Position): FrameBatch | 'none' | undefined {
    const { first, last } = this.ring;
    if (epoch !== this.epoch || offset < first - 1 || offset > last) {
      return undefined;
    }
    if (offset === last) {
      return 'none';
    }
    let batch = this.shared.get(offset);
    if (!batch) {
      batch = firstBatch(this.ring.range(offset + 1, offset + PAGE_COUNT));
      this.shared.set(offset, batch);
    }
    return batch;
  }

  /** History behind a position, in frames; what adjoins the ring is kept there for the next reader. */
  async replay(position: Position): Promise<ReplayPage> {
    const behindCount = this.ring.last - position.offset;
    const isNear = position.epoch === this.epoch && behindCount > 0 && behindCount <= RING_COUNT;
    const page = await this.history.behind(position, isNear ? behindCount : PAGE_COUNT);
    this.keep(page.frames);
    return page;
  }

  close(): void {
    this.isClosed = true;
    this.subscription?.close();
    this.pacer.close();
    this.readers.clear();
    this.history.close();
    this.pause.end();
  }

  private async open(): Promise<void> {
    for (let waitMs = RESUBSCRIBE_FIRST_MS; !this.subscription; waitMs *= 2) {
      this.requireOpen();
      try {
        const subscription = await this.broker.subscribe(this.channel, {
          message: (message) => this.receive(message),
          gap: (gap) => this.jump(gap),
        });
        this.subscription = subscription;
        this.epoch = subscription.position.epoch;
        this.ring = new OffsetLog(subscription.position.offset + 1);
      } catch {
        await this.pause.for(Math.min(waitMs, RESUBSCRIBE_MOST_MS));
      }
    }
    if (this.isClosed) {
      this.subscription.close();
    }
  }

  private requireOpen(): void {
    if (this.isClosed) {
      throw new Error(`The feed of ${this.channel.name} was closed.`);
    }
  }

  private receive(message: EncodedMessage): void {
    this.arrived.push(new Frame(message));
    this.pacer.request();
  }

  private flush(): void {
    const batch = toBatch(this.arrived);
    if (!batch) {
      return;
    }
    this.arrived = [];
    this.shared.clear();
    for (const frame of batch.frames) {
      this.ring.append(frame);
      if (this.ring.count > RING_COUNT) {
        this.ring.dropOldest();
      }
    }
    for (const reader of this.readers) {
      reader.deliver(batch);
    }
  }

  private jump(gap: Gap): void {
    this.flush();
    this.shared.clear();
    this.epoch = gap.resumeAt.epoch;
    this.ring = new OffsetLog(gap.resumeAt.offset + 1);
    for (const reader of this.readers) {
      reader.gap(gap);
    }
  }

  private keep(frames: readonly Frame[]): void {
    const { first, count } = this.ring;
    const older = frames.filter(
      ({ position }) => position.epoch === this.epoch && position.offset < first,
    );
    const room = RING_COUNT - count;
    if (room > 0 && older.at(-1)?.position.offset === first - 1) {
      this.ring.prepend(older.slice(-room));
    }
  }
}
