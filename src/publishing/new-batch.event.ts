import type { Content, Receipt, SendOptions } from './new-message.event.js';
import { PublishEvent, type Origin } from './publish.event.js';

/** What to publish together. */
export interface NewBatch extends SendOptions {
  readonly channel: string;
  /** 1 to 1000; they get consecutive positions in this order. */
  readonly messages: readonly Content[];
}

/** Messages that someone wants to publish all together or not at all: see `NewMessageEvent`. */
export class NewBatchEvent extends PublishEvent<readonly Receipt[]> {
  static readonly NAME = 'birdsong.new-batch';

  /** @param origin for Birdsong's own events */
  constructor(
    readonly batch: NewBatch,
    origin?: Origin,
  ) {
    super(origin);
  }

  /** Set once the broker has accepted the messages: one for each, in order. */
  get receipts(): readonly Receipt[] | undefined {
    return this.accepted;
  }
}
