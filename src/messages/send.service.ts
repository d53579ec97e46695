import { Injectable } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { BirdsongError } from '../errors/birdsong.error.js';
import { NewMessageEvent, type NewMessage, type Receipt } from './new-message.event.js';

/** Emits a message and waits for its outcome. */
@Injectable()
export class SendService {
  constructor(private readonly emitter: EventEmitter2) {}

  /** @throws BirdsongError as the listener that publishes refuses it */
  async send(message: NewMessage): Promise<Receipt> {
    const event = new NewMessageEvent(message);
    await this.emitter.emitAsync(NewMessageEvent.NAME, event);
    if (!event.receipt) {
      // Listeners are registered at bootstrap and removed at shutdown; nobody listens outside of that.
      throw new BirdsongError('shutting-down', 'The server does not take messages right now.', {
        retryAfterSeconds: 1,
      });
    }
    return event.receipt;
  }
}
