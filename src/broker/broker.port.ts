import type { HistoryLimits } from '../channels/policy.js';
import type { EncodedMessage } from '../protocol/message.js';
import type { Position } from '../protocol/position.js';
import type { Gap } from './gap.js';

/** A channel as the broker sees it: a name and how much it keeps. */
export interface BrokerChannel {
  readonly name: string;
  readonly history: HistoryLimits;
}

/** A message that has no position yet. */
export interface Publication {
  readonly type: string;
  /** The message's JSON but for its id: see `encodeTail`. */
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

/** Who gets the messages of a channel. Neither method may throw. */
export interface ChannelListener {
  message(message: EncodedMessage): void;
  gap(gap: Gap): void;
}

export interface Subscription {
  /** The newest position when the subscription began: the first message is the one behind it. */
  readonly position: Position;
  /** Ends it: no call of the subscriber after this. */
  close(): void;
}

/**
 * Carries messages between nodes and keeps recent history. What every implementation guarantees (and
 * `test/contracts/broker.contract.ts` proves):
 *
 * 1. `publish` appends to history, assigns positions and fans out in one atomic step, all messages of a batch
 *    or none, so the order of positions is the order of delivery.
 * 2. A `publish` that rejects has told its caller; one that is repeated with its idempotency key within
 *    the window never makes a second message.
 * 3. A subscriber sees each message of its channel once, in order, from the moment `subscribe` resolves.
 *    After any loss of the connection to the broker, silent ones included, it is brought up to date from
 *    history, or told of the gap.
 * 4. `read` says whether messages are missing. A page holds at least one message if there is one.
 * 5. A position is never given to a second message, though the broker lose the first: it goes on in a new epoch,
 *    and whoever has what is lost is told of the gap.
 * 6. `close` leaves no timer and no socket.
 *
 * Every method but `close` rejects with `BirdsongError` `broker-unavailable` when the broker cannot
 * answer.
 */
export abstract class Broker {
  /** Resolves once the broker can be used. */
  abstract open(): Promise<void>;

  abstract publish(channel: BrokerChannel, batch: Batch): Promise<PublishResult>;

  /** A channel has at most one subscription in a broker: the feed, which shares it among its readers. */
  abstract subscribe(channel: BrokerChannel, listener: ChannelListener): Promise<Subscription>;

  abstract read(channel: BrokerChannel, query: HistoryQuery): Promise<HistoryPage>;

  /** Whether messages can be published and are received right now. */
  abstract isAvailable(): boolean;

  abstract close(): Promise<void>;
}
