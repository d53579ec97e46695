import type { Content, Receipt, SendOptions } from './new-message.event.js';

/** What to publish together. */
export interface NewBatch extends SendOptions {
  readonly channel: string;
  /** 1 to 1000; they get consecutive positions in this order. */
  readonly messages: readonly Content[];
}

/** Messages that someone wants to publish all together or not at all: see `NewMessageEvent`. */
export class NewBatchEvent {
  static readonly NAME = 'birdsong.new-batch';

  /** Set as soon as Birdsong has the event; rejects if the batch is refused. */
  outcome: Promise<readonly Receipt[]> | undefined;
  /** Set once the broker has accepted the messages: one for each, in order. */
  receipts: readonly Receipt[] | undefined;

  constructor(readonly batch: NewBatch) {}
}
