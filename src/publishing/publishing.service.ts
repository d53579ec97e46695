import { Injectable } from '@nestjs/common';
import type { Client } from '../access/client.js';
import type { Channel } from '../channels/channel-policies.js';
import { AppEvents } from '../events/app-events.js';
import { NewBatchEvent, type NewBatch } from './new-batch.event.js';
import { NewMessageEvent, type NewMessage, type Receipt } from './new-message.event.js';
import { NewMessageListener } from './new-message.listener.js';

/** Emits the event of each send and returns its outcome. The app's own listeners do not delay it. */
@Injectable()
export class PublishingService {
  constructor(
    private readonly events: AppEvents,
    private readonly listener: NewMessageListener,
  ) {}

  /**
   * @param admitted the channel, if a guard has found it and pipes have validated the message
   * @param client who sends, if limits apply
   * @throws BirdsongError if the message is refused
   */
  send(message: NewMessage, admitted?: Channel, client?: Client): Promise<Receipt> {
    const event = new NewMessageEvent(message, { admitted, client });
    this.events.dispatch(NewMessageEvent.NAME, event);
    // Does nothing if Birdsong's listener heard the event. It did not if the app has not started.
    return this.listener.publish(event);
  }

  /** @throws BirdsongError if any message is refused: then all of them are */
  sendBatch(batch: NewBatch, admitted?: Channel, client?: Client): Promise<readonly Receipt[]> {
    const event = new NewBatchEvent(batch, { admitted, client });
    this.events.dispatch(NewBatchEvent.NAME, event);
    return this.listener.publishBatch(event);
  }
}
