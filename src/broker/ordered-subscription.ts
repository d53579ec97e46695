import type { Retry } from '../concurrency/retry.js';
import type { EncodedMessage } from '../protocol/message.js';
import type { Position } from '../protocol/position.js';
import type { ChannelListener, HistoryPage, HistoryQuery } from './broker.port.js';
import type { WaitingBudget } from './waiting-budget.js';

const PAGE_COUNT = 200;

/** Memory that a message takes in addition to its JSON. */
const MESSAGE_BYTES = 256;

/** What all subscriptions of a broker share. */
export interface SubscriptionResources {
  readonly budget: WaitingBudget;
  readonly retry: Retry;
}

/**
 * Delivers one channel's messages to its listener, each once and in order, whatever is lost on the way. A message that
 * does not follow the last one reveals a hole, which is fetched from history first. Only history can say whether a
 * message of another epoch follows.
 */
export class OrderedSubscription {
  private last: Position | undefined;
  /** Messages that arrived while a hole is being filled, or before the start is known. */
  private waiting: EncodedMessage[] = [];
  private waitingBytes = 0;
  private isCatchingUp = false;
  private isCatchUpWanted = false;
  private isClosed = false;

  constructor(
    private readonly name: string,
    private readonly listener: ChannelListener,
    private readonly resources: SubscriptionResources,
    private readonly read: (query: HistoryQuery) => Promise<HistoryPage>,
  ) {}

  /** Begins after this position. Messages that arrived before it was known are sorted out by offset. */
  begin(position: Position): void {
    this.last = position;
    if (this.isCatchUpWanted) {
      this.isCatchUpWanted = false;
      this.catchUp();
    }
    this.deliverWaiting();
  }

  receive(messages: readonly EncodedMessage[]): void {
    if (this.isClosed) {
      return;
    }
    if (!this.last || this.isCatchingUp) {
      this.keep(messages);
    } else {
      this.deliverAll(messages);
    }
  }

  /** Fetches what was missed. Call it whenever messages may have been lost. */
  catchUp(): void {
    if (!this.last || this.isCatchingUp) {
      this.isCatchUpWanted = true;
      return;
    }
    this.isCatchingUp = true;
    // Waiting messages are already in history, so the read will find them. Those of the same epoch may still save
    // another read; those of another epoch could not be put in order.
    const { epoch } = this.last;
    this.keep(this.takeWaiting().filter(({ position }) => position.epoch === epoch));
    void this.readUntilWhole().finally(() => this.endCatchUp());
  }

  close(): void {
    this.isClosed = true;
    this.takeWaiting();
  }

  private deliverWaiting(): void {
    if (this.last && !this.isCatchingUp) {
      this.deliverAll(this.takeWaiting());
    }
  }

  private deliverAll(messages: readonly EncodedMessage[]): void {
    for (const [index, message] of messages.entries()) {
      if (this.isNext(message)) {
        this.deliver(message);
      } else if (!this.isKnown(message)) {
        this.keep(messages.slice(index));
        this.catchUp();
        return;
      }
    }
  }

  /** Keeps messages until a hole has been filled. If too much waits already, they are fetched from history instead. */
  private keep(messages: readonly EncodedMessage[]): void {
    const bytes = messages.reduce((sum, { json }) => sum + json.length + MESSAGE_BYTES, 0);
    if (!this.resources.budget.take(bytes)) {
      this.isCatchUpWanted = true;
      return;
    }
    this.waitingBytes += bytes;
    this.waiting.push(...messages);
  }

  private takeWaiting(): EncodedMessage[] {
    const { waiting } = this;
    this.waiting = [];
    this.resources.budget.release(this.waitingBytes);
    this.waitingBytes = 0;
    return waiting;
  }

  private async readUntilWhole(): Promise<void> {
    let isWhole = false;
    while (!isWhole) {
      const page = await this.nextPage();
      isWhole = !page || this.deliverPage(page);
    }
  }

  /** What follows the last message, once it can be read. Undefined once the subscription is closed. */
  private async nextPage(): Promise<HistoryPage | undefined> {
    const { retry } = this.resources;
    const query = { after: this.last, limit: PAGE_COUNT };
    const page = await retry
      // Only history can say what was missed.
      .run(`Readers of ${this.name} wait for what they missed`, async () =>
        this.isClosed ? undefined : this.read(query),
      )
      .catch(() => undefined);
    return this.isClosed ? undefined : page;
  }

  /** @returns whether the listener is now up to date */
  private deliverPage({ gap, messages, newest }: HistoryPage): boolean {
    if (gap) {
      this.last = gap.resumeAt;
      this.listener.gap(gap);
    }
    for (const message of messages) {
      this.deliver(message);
    }
    return messages.length === 0 || this.last?.offset === newest.offset;
  }

  private endCatchUp(): void {
    this.isCatchingUp = false;
    if (this.isCatchUpWanted) {
      this.isCatchUpWanted = false;
      this.catchUp();
    }
    this.deliverWaiting();
  }

  private deliver(message: EncodedMessage): void {
    this.last = message.position;
    this.listener.message(message);
  }

  private isNext({ position }: EncodedMessage): boolean {
    return position.epoch === this.last?.epoch && position.offset === this.last.offset + 1;
  }

  private isKnown({ position }: EncodedMessage): boolean {
    return position.epoch === this.last?.epoch && position.offset <= this.last.offset;
  }
}
