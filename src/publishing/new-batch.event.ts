import type { Content, Receipt, SendOptions } from './new-message.event.js';
import { PublishEvent, type Origin } from './publish.event.js';

/** What to publish together. */
export interface NewBatch extends SendOptions {
  readonly channel: string;
  /** 1 to 1000 messages. They get consecutive positions in this order. */
  readonly messages: readonly Content[];
}

/** A request to publish messages all together or not at all: see `NewMessageEvent`. */
export class NewBatchEvent extends PublishEvent<readonly Receipt[]> {
  static readonly NAME = 'birdsong.new-batch';

  /** @param origin internal; an app leaves it out */
  constructor(
    readonly batch: NewBatch,
    origin?: Origin,
  ) {
    super(origin);
  }

  /** One for each message, in order. Undefined until the broker has accepted them. */
  get receipts(): readonly Receipt[] | undefined {
    return this.accepted;
  }
}
