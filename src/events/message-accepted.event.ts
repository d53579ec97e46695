import type { Message } from '../protocol/message.js';

/** The broker has accepted a message. Emitted on the node that published it, after the sender has been told. */
export class MessageAcceptedEvent {
  static readonly NAME = 'birdsong.message-accepted';

  /** @param message as readers get it */
  constructor(readonly message: Message) {}
}
