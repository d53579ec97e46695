import type { Message } from '../protocol/message.js';
import { PublishEvent, type Origin } from './publish.event.js';

/** The content of a message. */
export interface Content {
  /** Any JSON that the channel's policy accepts. */
  readonly data: unknown;
  /** 1–64 characters of `A-Z a-z 0-9 _ - . :`; not `stream.…` or `presence.…`. Default `message`. */
  readonly type?: string | undefined;
}

/** What applies to a message or to a whole batch. */
export interface SendOptions {
  /** The id of the identity that sends, at most 256 characters. Default none. */
  readonly sender?: string | undefined;
  /**
   * 1–128 visible ASCII characters. A repeat within `idempotencySeconds` publishes nothing and gets the first receipt.
   * Default none.
   */
  readonly idempotencyKey?: string | undefined;
}

/** A message to publish. */
export interface NewMessage extends Content, SendOptions {
  readonly channel: string;
}

/** The acknowledgement of a message: the broker has accepted it. */
export interface Receipt extends Pick<Message, 'id' | 'channel' | 'type' | 'createdAt'> {
  /** Whether its idempotency key had been accepted before. The other fields are then those of the first message. */
  readonly duplicate: boolean;
}

/**
 * A request to publish a message, before the broker has it. Birdsong emits it for every send. A host app may emit it
 * too, with the same effect:
 *
 * ```ts
 * const event = new NewMessageEvent({ channel: 'orders.42', data });
 * emitter.emit(NewMessageEvent.NAME, event);
 * const { id } = await event.outcome; // rejects if the message is refused
 * ```
 *
 * `await emitter.emitAsync(…)` waits for the outcome too, and rejects if the message is refused. An event stands for
 * one message: emitting it again does not publish again. The data is published as it is when the event is emitted.
 */
export class NewMessageEvent extends PublishEvent<Receipt> {
  static readonly NAME = 'birdsong.new-message';

  /** @param origin internal; an app leaves it out */
  constructor(
    readonly message: NewMessage,
    origin?: Origin,
  ) {
    super(origin);
  }

  /** Undefined until the broker has accepted the message. */
  get receipt(): Receipt | undefined {
    return this.accepted;
  }
}
