import { Injectable } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { BirdsongError } from '../errors/birdsong.error.js';
import { NewBatchEvent, type NewBatch } from './new-batch.event.js';
import { NewMessageEvent, type NewMessage, type Receipt } from './new-message.event.js';

/** Emits what is sent and waits for the outcome. */
@Injectable()
export class SendService {
  constructor(private readonly emitter: EventEmitter2) {}

  /** @throws BirdsongError as the listener that publishes refuses it */
  async send(message: NewMessage): Promise<Receipt> {
    const event = new NewMessageEvent(message);
    await this.emitter.emitAsync(NewMessageEvent.NAME, event);
    return event.receipt ?? refuse();
  }

  /** @throws BirdsongError as `send`, for all of them */
  async sendBatch(batch: NewBatch): Promise<readonly Receipt[]> {
    const event = new NewBatchEvent(batch);
    await this.emitter.emitAsync(NewBatchEvent.NAME, event);
    return event.receipts ?? refuse();
  }
}

/** Listeners are registered at bootstrap and removed at shutdown; outside of that, nobody listens. */
function refuse(): never {
  throw new BirdsongError('shutting-down', 'The server does not take messages right now.', {
    retryAfterSeconds: 1,
  });
}
