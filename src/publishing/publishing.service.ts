import { Injectable } from '@nestjs/common';
import type { Channel } from '../channels/channel-policies.js';
import { AppEvents } from '../events/app-events.js';
import { NewBatchEvent, type NewBatch } from './new-batch.event.js';
import { NewMessageEvent, type NewMessage, type Receipt } from './new-message.event.js';
import { NewMessageListener } from './new-message.listener.js';

/** Emits what is sent, and gives back what became of it. What the app's own listeners do delays nobody. */
@Injectable()
export class PublishingService {
  constructor(
    private readonly events: AppEvents,
    private readonly listener: NewMessageListener,
  ) {}

  /**
   * @param admitted the channel, where a guard has found it and pipes have checked the message
   * @throws BirdsongError as the listener that publishes refuses it
   */
  send(message: NewMessage, admitted?: Channel): Promise<Receipt> {
    const event = new NewMessageEvent(message, { admitted });
    this.events.dispatch(NewMessageEvent.NAME, event);
    // Does nothing if it was heard: before the app's start, or behind a listener that threw, it was not.
    return this.listener.publish(event);
  }

  /** @throws BirdsongError as `send`, for all of them */
  sendBatch(batch: NewBatch, admitted?: Channel): Promise<readonly Receipt[]> {
    const event = new NewBatchEvent(batch, { admitted });
    this.events.dispatch(NewBatchEvent.NAME, event);
    return this.listener.publishBatch(event);
  }
}
