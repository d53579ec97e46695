import { Injectable, Logger } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { BirdsongError } from '../errors/birdsong.error.js';
import { NewBatchEvent, type NewBatch } from './new-batch.event.js';
import { NewMessageEvent, type NewMessage, type Receipt } from './new-message.event.js';

/** Emits what is sent and waits for the outcome. */
@Injectable()
export class PublishingService {
  private readonly logger = new Logger('Birdsong');

  constructor(private readonly emitter: EventEmitter2) {}

  /** @throws BirdsongError as the listener that publishes refuses it */
  send(message: NewMessage): Promise<Receipt> {
    return this.emit(NewMessageEvent.NAME, new NewMessageEvent(message));
  }

  /** @throws BirdsongError as `send`, for all of them */
  sendBatch(batch: NewBatch): Promise<readonly Receipt[]> {
    return this.emit(NewBatchEvent.NAME, new NewBatchEvent(batch));
  }

  private async emit<Outcome>(
    name: string,
    event: { outcome: Promise<Outcome> | undefined },
  ): Promise<Outcome> {
    const emitted = this.emitter.emitAsync(name, event);
    const { outcome } = event;
    if (!outcome) {
      // Listeners are registered at bootstrap and removed at shutdown; outside of that, nobody listens.
      await emitted;
      throw new BirdsongError('shutting-down', 'The server does not take messages right now.', {
        retryAfterSeconds: 1,
      });
    }
    const [result] = await Promise.all([
      outcome,
      // What the app's own listeners make of it does not change whether it was accepted.
      emitted.catch((error: unknown) => this.report(outcome, error)),
    ]);
    return result;
  }

  private async report(outcome: Promise<unknown>, error: unknown): Promise<void> {
    await outcome;
    this.logger.error(
      'A listener of a new message failed',
      error instanceof Error ? error.stack : String(error),
    );
  }
}
