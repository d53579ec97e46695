import type { BrokerChannel, ChannelListener, PublishResult } from '../../broker/broker.port.js';
import { OffsetLog } from '../../broker/offset-log.js';
import type { EncodedMessage } from '../../protocol/message.js';

interface StoredMessage {
  readonly message: EncodedMessage;
  readonly bytes: number;
  readonly storedAtMs: number;
}

/** A batch that had an idempotency key. */
interface RememberedBatch extends Omit<PublishResult, 'types' | 'duplicate'> {
  /** Joined by commas: one string takes less memory than a thousand. */
  readonly types: string;
  readonly expiresAtMs: number;
}

/** What a message takes in addition to its JSON, in bytes. */
const MESSAGE_BYTES = 200;
/** What a remembered key takes, in bytes. */
const KEY_BYTES = 400;
/** What a channel takes without messages, in bytes. */
const CHANNEL_BYTES = 500;

/** One channel's newest position, its history, and its idempotency keys. */
export class MemoryChannel {
  /** When it began, or the last message was published. */
  publishedAtMs: number;
  listener: ChannelListener | undefined;
  private readonly log = new OffsetLog<StoredMessage>(1);
  private messageBytes = 0;
  /** By idempotency key, the next to expire first. Undefined while there is none, because few channels have any. */
  private remembered: Map<string, RememberedBatch> | undefined;

  /**
   * @param epoch the time at which it begins, in milliseconds since 1970
   * @param count called with how many bytes of memory the channel takes more, or less
   */
  constructor(
    readonly epoch: number,
    private limits: BrokerChannel['history'],
    private readonly count: (bytes: number) => void,
  ) {
    this.publishedAtMs = epoch;
    count(CHANNEL_BYTES);
  }

  /** About what it takes in memory. */
  get bytes(): number {
    return CHANNEL_BYTES + this.messageBytes + KEY_BYTES * (this.remembered?.size ?? 0);
  }

  /** The offset of the newest message, even if it is no longer kept. */
  get last(): number {
    return this.log.last;
  }

  /** The offset of the oldest message. Without messages, that of the next one. */
  get first(): number {
    return this.log.first;
  }

  /** Whether nothing of it is in use or kept. */
  get isIdle(): boolean {
    return this.log.count === 0 && !this.remembered && !this.listener;
  }

  setLimits(limits: BrokerChannel['history']): void {
    this.limits = limits;
  }

  append(message: EncodedMessage, storedAtMs: number): void {
    const bytes = Buffer.byteLength(message.json) + MESSAGE_BYTES;
    this.log.append({ message, bytes, storedAtMs });
    this.countMessages(bytes);
    const { count, bytes: maxBytes = Infinity, totalBytes = Infinity } = this.limits;
    const most = Math.min(maxBytes, totalBytes);
    while (this.log.count > count || (this.messageBytes > most && this.log.count > 1)) {
      this.dropOldest();
    }
  }

  range(from: number, to: number): EncodedMessage[] {
    return this.log.range(from, to).map(({ message }) => message);
  }

  /** Puts this message in the place of the one that has its offset. */
  replace(message: EncodedMessage): void {
    const { offset } = message.position;
    const stored = this.log.at(offset);
    if (stored) {
      const bytes = Buffer.byteLength(message.json) + MESSAGE_BYTES;
      this.log.replace(offset, { ...stored, message, bytes });
      this.countMessages(bytes - stored.bytes);
    }
  }

  recall(key: string): PublishResult | undefined {
    const earlier = this.remembered?.get(key);
    return (
      earlier && {
        ...{ first: earlier.first, createdAtMs: earlier.createdAtMs },
        types: earlier.types.split(','),
        duplicate: true,
      }
    );
  }

  remember(key: string, { first, types, createdAtMs }: PublishResult, expiresAtMs: number): void {
    this.remembered ??= new Map();
    this.remembered.set(key, { first, types: types.join(','), createdAtMs, expiresAtMs });
    this.count(KEY_BYTES);
  }

  /** Drops what has expired. */
  dropExpired(now: number): void {
    const ageMs = this.limits.ageSeconds * 1000;
    while (this.log.oldest && this.log.oldest.storedAtMs + ageMs <= now) {
      this.dropOldest();
    }
    for (const [key, { expiresAtMs }] of this.remembered ?? []) {
      if (expiresAtMs > now) {
        return;
      }
      this.remembered?.delete(key);
      this.count(-KEY_BYTES);
    }
    this.remembered = undefined;
  }

  /** Drops all messages. */
  clear(): void {
    this.log.clear();
    this.countMessages(-this.messageBytes);
  }

  private dropOldest(): void {
    this.countMessages(-(this.log.oldest?.bytes ?? 0));
    this.log.dropOldest();
  }

  private countMessages(bytes: number): void {
    this.messageBytes += bytes;
    this.count(bytes);
  }
}
