import type { Channel } from '../channels/channel-policies.js';
import type { HistoryLimits } from '../channels/policy.js';
import type { UnavailableReason } from '../errors/birdsong-error.js';
import type { EncodedMessage } from '../protocol/message.js';
import type { Position } from '../protocol/position.js';
import type { Charge } from './charge.js';
import type { Gap } from './gap.js';
import type { Revision, RevisionResult } from './revision.js';

/** A channel as the broker sees it: its name, and how much history it keeps. */
export interface BrokerChannel {
  /** 1 to 128 characters of `A-Z a-z 0-9 _ - : .`. */
  readonly name: string;
  /** The pattern of its policy, whose channels share `history.totalBytes`. */
  readonly pattern: string;
  /** An engine whose store has bounds of its own may leave `bytes` and `totalBytes` to it. */
  readonly history: HistoryLimits;
}

export function brokerChannelOf({ name, policy }: Channel): BrokerChannel {
  return { name, pattern: policy.pattern, history: policy.history };
}

/** A message that has no position yet. */
export interface Publication {
  /** 1 to 64 characters of `A-Z a-z 0-9 _ . : -`. */
  readonly type: string;
  /** The message's JSON without its id and without line breaks. `completeJson` adds the id. */
  readonly tail: string;
}

/** Publications that the broker accepts together or not at all. */
export interface Batch {
  /** At least one. They get consecutive positions in this order. */
  readonly publications: readonly Publication[];
  /** Milliseconds since 1970; the JSON of each publication says the same. */
  readonly createdAtMs: number;
  /** Unique within the channel. A batch without one is never taken for a repeat. */
  readonly idempotencyKey?: string | undefined;
  /** Given only to an engine that `takesCharges`. */
  readonly charge?: Charge | undefined;
}

/** What the broker accepted. For a repeat, it describes the first batch with that key. */
export interface PublishResult {
  /** The position of the first message; the others follow it. */
  readonly first: Position;
  /** The type of each message. */
  readonly types: readonly string[];
  readonly createdAtMs: number;
  readonly duplicate: boolean;
}

export interface HistoryQuery {
  /** Only messages after this position, oldest first. */
  readonly after?: Position | undefined;
  /** Only messages before this position. Without `after`, the newest of them. */
  readonly before?: Position | undefined;
  /** The most messages, at least 0. */
  readonly limit: number;
}

/**
 * The most bytes (or characters) of JSON in a page of more than one message, whatever its limit. It bounds what a
 * reader can make a node or Redis hold at once.
 */
export const PAGE_BYTES = 512 * 1024;

export interface HistoryPage {
  /** In order of their positions. Large messages make a page shorter than its limit: the last page ends at `newest`. */
  readonly messages: readonly EncodedMessage[];
  /** The position of the channel's newest message, even if it is no longer kept. Offset 0 if there never was one. */
  readonly newest: Position;
  /** What is lost after `after`, if anything. Also set if `before` is not a position of this history. */
  readonly gap: Gap | undefined;
}

/** Receives the messages of a channel. Its methods must not throw. */
export interface ChannelListener {
  message(message: EncodedMessage): void;
  /** This listener has lost messages. The next message follows `gap.resumeAt`. */
  gap(gap: Gap): void;
}

export interface Subscription {
  /** The newest position when the subscription began. The first message is the one after it. */
  readonly position: Position;
  /** Ends the subscription. The listener is not called after this. */
  close(): void;
}

/**
 * Carries messages between nodes and keeps recent history. Every implementation makes these guarantees;
 * `birdsong/testing/contract` tests them:
 *
 * 1. **`publish` is one atomic step.** It appends to history, assigns positions and fans out: all messages of a batch
 *    or none. Messages are delivered in the order of their positions. Once it has resolved, `read` finds the messages.
 * 2. **Nothing is published twice.** A `publish` that rejects may still have succeeded, as when the answer was lost.
 *    Repeated with its idempotency key within the window (`BrokerSettings.idempotencyMs`), it publishes nothing and
 *    returns the first result.
 * 3. **A listener gets each message once and in order**, from the moment `subscribe` resolves. After any loss of the
 *    connection, even a silent one, the broker brings it up to date from history or tells it of the gap. It does so
 *    unasked, and without waiting for a further message.
 * 4. **`read` says what is missing.** A page holds at least one message if there is one and the limit is not 0.
 * 5. **A position belongs to one message**, even if the broker loses that message: the channel then goes on in a later
 *    epoch, and readers that had the lost message are told of a gap.
 * 6. **`close` leaves no timer and no socket**, and neither does an `open` that rejects.
 * 7. **`revise` is one atomic step**: it changes messages, appends the events that announce it, and fans these out.
 *    From then on `read` finds `placeholder(…)` in the place of each deleted message, without a gap, and nowhere what it
 *    held: an earlier `stream.edited` of the message is deleted with it, or by the next edit. A channel that is cleared
 *    has its announcement alone; readers from before are told of a gap.
 *
 * Every method but `close` rejects with `BirdsongError` `broker-unavailable` when the broker cannot answer. It does so
 * within seconds, because senders wait for it.
 *
 * A channel without new messages keeps its epoch for as long as readers may come back (`BrokerSettings.keepPositionsMs`),
 * unless its pattern has more than `totalBytes`. Whoever comes back to a channel that was dropped is told of a gap.
 * `OrderedSubscriptions` provides the third guarantee for engines whose messages travel over a network.
 */
export abstract class Broker {
  /**
   * Whether `publish` takes the charge of a batch in the same step, and rejects with `too-many-requests` beyond it. A
   * repeat is not charged. For an engine that does not, each node limits rates by itself. Default false.
   */
  readonly takesCharges: boolean = false;

  /** Called once, before every other method. Resolves once the broker can be used. */
  abstract open(): Promise<void>;

  abstract publish(channel: BrokerChannel, batch: Batch): Promise<PublishResult>;

  /** Called at most once at a time for each channel: its feed shares the subscription among its readers. */
  abstract subscribe(channel: BrokerChannel, listener: ChannelListener): Promise<Subscription>;

  abstract read(channel: BrokerChannel, query: HistoryQuery): Promise<HistoryPage>;

  /** @param at when, in milliseconds since 1970: the `createdAt` of the events that announce it */
  abstract revise(channel: BrokerChannel, revision: Revision, at: number): Promise<RevisionResult>;

  /** Whether messages can be published and received right now. `/health/ready` reports it. */
  abstract isAvailable(): boolean;

  /** Why the broker is unavailable, for `/health/ready`. Undefined while it is available. Override it if you know more. */
  unavailableReason(): UnavailableReason | undefined {
    return this.isAvailable() ? undefined : 'unreachable';
  }

  /** Called once, as the last method. Calls in progress may reject. */
  abstract close(): Promise<void>;
}
