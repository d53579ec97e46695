import type { HistoryLimits } from '../channels/policy.js';
import type { EncodedMessage } from '../protocol/message.js';
import type { Position } from '../protocol/position.js';
import type { Gap } from './gap.js';

/** A channel as the broker sees it: a name and how much it keeps. */
export interface BrokerChannel {
  /** 1 to 128 characters of `A-Z a-z 0-9 _ - : .`. */
  readonly name: string;
  readonly history: HistoryLimits;
}

/** A message that has no position yet. */
export interface Publication {
  /** 1 to 64 characters of `A-Z a-z 0-9 _ . : -`. */
  readonly type: string;
  /** The message's JSON but for its id, without line breaks: `completeJson` adds the id. */
  readonly tail: string;
}

/** Publications that are accepted together or not at all. */
export interface Batch {
  /** At least one; they get consecutive positions in this order. */
  readonly publications: readonly Publication[];
  /** Milliseconds since 1970, as in the JSON of each. */
  readonly createdAtMs: number;
  /** Unique within the channel. Absent: the batch is never taken for a repeat. */
  readonly idempotencyKey?: string | undefined;
}

/** What the broker accepted; for a repeat, the first batch of that key. */
export interface PublishResult {
  /** The position of the first message; the others follow it. */
  readonly first: Position;
  /** The type of each message. */
  readonly types: readonly string[];
  readonly createdAtMs: number;
  readonly duplicate: boolean;
}

export interface HistoryQuery {
  /** Only messages behind this position, the oldest first. */
  readonly after?: Position | undefined;
  /** Only messages before this position; without `after`, the newest of them. */
  readonly before?: Position | undefined;
  /** At most this many messages, at least 0. */
  readonly limit: number;
}

/**
 * Bytes of JSON, or characters, beyond which a page takes no further message, whatever its limit: so that no
 * reader can make a node or Redis hold much at once.
 */
export const PAGE_BYTES = 512 * 1024;

export interface HistoryPage {
  /** In order of their positions. Fewer than the limit if they are large: it ends where `newest` is. */
  readonly messages: readonly EncodedMessage[];
  /** The position of the channel's newest message, kept or not; offset 0 when it never had one. */
  readonly newest: Position;
  /** What is lost behind `after`. Of a `before` that is no place in this history, it says just that. */
  readonly gap: Gap | undefined;
}

/** Who gets the messages of a channel. Neither method throws. */
export interface ChannelListener {
  message(message: EncodedMessage): void;
  /** Messages are lost to this listener. What it is given next follows `gap.resumeAt`. */
  gap(gap: Gap): void;
}

export interface Subscription {
  /** The newest position when the subscription began: the first message is the one behind it. */
  readonly position: Position;
  /** Ends it: the listener is not called after this. */
  close(): void;
}

/**
 * Carries messages between nodes and keeps recent history. Every implementation guarantees, and
 * `birdsong/testing/contract` proves of it, that:
 *
 * 1. **`publish` is one atomic step.** It appends to history, assigns positions and fans out: all messages of a batch
 *    or none. The order of positions is the order of delivery. Once it has resolved, `read` finds the messages.
 * 2. **Nothing is published twice.** A `publish` that rejects may have been carried out, as when the answer was lost.
 *    Repeated with its idempotency key within the window (`BrokerSettings.idempotencyMs`), it makes no second message
 *    and answers as the first.
 * 3. **A listener gets each message once and in order**, from the moment `subscribe` resolves. After any loss of the
 *    connection, silent ones included, it is brought up to date from history, or told of the gap: without a further
 *    message, and without being asked.
 * 4. **`read` says what is missing.** A page holds at least one message if there is one and the limit is not 0.
 * 5. **A position belongs to one message**, though the broker lose it: then the channel goes on in a later epoch, and
 *    whoever has what was lost is told of the gap.
 * 6. **`close` leaves no timer and no socket**, and neither does an `open` that rejects.
 *
 * Every method but `close` rejects with `BirdsongError` `broker-unavailable` when the broker cannot answer, and does
 * so within seconds: whoever sends waits for it.
 *
 * A channel without new messages keeps its epoch for as long as readers may come back, 30 days in Birdsong's own
 * engines. `OrderedSubscriptions` keeps the third guarantee for engines whose messages come over a network.
 */
export abstract class Broker {
  /** Called once, before all else. Resolves once the broker can be used. */
  abstract open(): Promise<void>;

  abstract publish(channel: BrokerChannel, batch: Batch): Promise<PublishResult>;

  /** A channel has at most one subscription in a broker: the feed, which shares it among its readers. */
  abstract subscribe(channel: BrokerChannel, listener: ChannelListener): Promise<Subscription>;

  abstract read(channel: BrokerChannel, query: HistoryQuery): Promise<HistoryPage>;

  /** Whether messages can be published and are received right now. `/health/ready` asks it. */
  abstract isAvailable(): boolean;

  /** Called once, after which nothing else is. What is under way may reject. */
  abstract close(): Promise<void>;
}
