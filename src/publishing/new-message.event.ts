import type { Message } from '../protocol/message.js';
import { PublishEvent, type Origin } from './publish.event.js';

/** What a message says. */
export interface Content {
  /** Any JSON that the channel's policy accepts. */
  readonly data: unknown;
  /** 1–64 characters of `A-Z a-z 0-9 _ - . :`; not `stream.…` or `presence.…`. Default `message`. */
  readonly type?: string | undefined;
}

/** What holds for everything that is published at once. */
export interface SendOptions {
  /** The identity that sends. Default none. */
  readonly sender?: string | undefined;
  /** 1–128 visible ASCII characters. A repeat within the window publishes nothing. Default none. */
  readonly idempotencyKey?: string | undefined;
}

/** What to publish. */
export interface NewMessage extends Content, SendOptions {
  readonly channel: string;
}

/** What became of a message that the broker accepted. */
export interface Receipt extends Pick<Message, 'id' | 'channel' | 'type' | 'createdAt'> {
  /** True when its idempotency key was accepted before; the rest is then the first message's. */
  readonly duplicate: boolean;
}

/**
 * A message that someone wants to publish, before the broker has it. Birdsong emits it for every send; a host app may
 * emit it itself and gets the same delivery:
 *
 * ```ts
 * const event = new NewMessageEvent({ channel: 'orders.42', data });
 * emitter.emit(NewMessageEvent.NAME, event);
 * const { id } = await event.outcome; // rejects if the message is refused
 * ```
 *
 * `await emitter.emitAsync(…)` waits for the outcome, and rejects with it, too. An event is one message: one that is
 * emitted again is not published again. What is published is the data as it is when the event is emitted.
 */
export class NewMessageEvent extends PublishEvent<Receipt> {
  static readonly NAME = 'birdsong.new-message';

  /** @param origin for Birdsong's own events */
  constructor(
    readonly message: NewMessage,
    origin?: Origin,
  ) {
    super(origin);
  }

  /** Set once the broker has accepted the message. */
  get receipt(): Receipt | undefined {
    return this.accepted;
  }
}
