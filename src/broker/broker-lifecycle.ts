import { Injectable } from '@nestjs/common';
import { BirdsongError } from '../errors/birdsong-error.js';
import { Broker } from './broker.port.js';

/** Opens the broker once: when the module starts, or when an earlier hook publishes before that. */
@Injectable()
export class BrokerLifecycle {
  private opening: Promise<void> | undefined;
  private state: 'closed' | 'open' | 'new' = 'new';

  constructor(private readonly broker: Broker) {}

  /** Whether the broker can be used without awaiting `open`. */
  get isOpen(): boolean {
    return this.state === 'open';
  }

  /**
   * Resolves once the broker can be used.
   * @throws BirdsongError `broker-unavailable`, or `shutting-down` once it is closed
   */
  async open(): Promise<void> {
    this.requireNotClosed();
    this.opening ??= this.broker.open();
    await this.opening;
    this.requireNotClosed();
    this.state = 'open';
  }

  close(): Promise<void> {
    this.state = 'closed';
    return this.broker.close();
  }

  private requireNotClosed(): void {
    if (this.state === 'closed') {
      throw new BirdsongError('shutting-down', 'The app has stopped and takes no messages.', {
        retryAfterSeconds: 1,
      });
    }
  }
}
