import type { EncodedMessage } from '../messages/message.js';
import type { Position } from '../messages/position.js';
import type { HistoryPage, HistoryQuery, Subscriber } from '../broker/broker.port.js';
import { Pause } from '../broker/pause.js';

const PAGE_COUNT = 200;
/** What waits while a hole is being filled; beyond it, what came is fetched from history instead. */
const WAITING_COUNT = 1000;
const RETRY_MS = 200;

/** Reads one channel's history in Redis. */
export type ReadHistory = (query: HistoryQuery) => Promise<HistoryPage>;

/**
 * One channel's messages as its subscriber must see them: each once and in order, whatever pub/sub loses.
 * A message that does not follow the last one reveals a hole, which is fetched from history first. Whether one of
 * another epoch follows it, only history can say.
 */
export class RedisSubscription {
  private last: Position | undefined;
  private waiting: EncodedMessage[] = [];
  private isHealing = false;
  private isHealWanted = false;
  private isClosed = false;
  private readonly pause = new Pause();

  constructor(
    private readonly subscriber: Subscriber,
    private readonly readHistory: ReadHistory,
  ) {}

  /** Begins behind this position; what came before it was known is sorted out by its offset. */
  begin(position: Position): void {
    this.last = position;
    if (this.isHealWanted) {
      this.isHealWanted = false;
      this.heal();
    }
    this.deliverWaiting();
  }

  receive(messages: readonly EncodedMessage[]): void {
    if (this.isClosed) {
      return;
    }
    if (this.waiting.length >= WAITING_COUNT) {
      this.waiting = [];
    }
    this.waiting.push(...messages);
    this.deliverWaiting();
  }

  /** Fetches what was missed: to be called whenever messages may have been lost. */
  heal(): void {
    if (!this.last || this.isHealing) {
      this.isHealWanted = true;
      return;
    }
    this.isHealing = true;
    // What waits was in history before the read begins. Of the same epoch it may still be of use there,
    // of another it could not be put in order.
    const { epoch } = this.last;
    this.waiting = this.waiting.filter(({ position }) => position.epoch === epoch);
    void this.readUntilWhole().finally(() => this.endHealing());
  }

  close(): void {
    this.isClosed = true;
    this.waiting = [];
    this.pause.end();
  }

  private deliverWaiting(): void {
    if (!this.last || this.isHealing) {
      return;
    }
    const { waiting } = this;
    this.waiting = [];
    for (const [index, message] of waiting.entries()) {
      if (this.isNext(message)) {
        this.deliver(message);
      } else if (!this.isKnown(message)) {
        this.waiting = waiting.slice(index);
        this.heal();
        return;
      }
    }
  }

  private async readUntilWhole(): Promise<void> {
    let isWhole = false;
    while (!isWhole) {
      isWhole = await this.readPage();
    }
  }

  private endHealing(): void {
    this.isHealing = false;
    if (this.isHealWanted) {
      this.isHealWanted = false;
      this.heal();
    }
    this.deliverWaiting();
  }

  /** Whether nothing is missing any more. */
  private async readPage(): Promise<boolean> {
    const after = this.last;
    if (!after || this.isClosed) {
      return true;
    }
    let page: HistoryPage;
    try {
      page = await this.readHistory({ after, limit: PAGE_COUNT });
    } catch {
      // Unreachable: nothing can be said of what was missed until it is back.
      await this.pause.for(RETRY_MS);
      return false;
    }
    if (this.isOver()) {
      return true;
    }
    if (page.gap) {
      this.last = page.gap.resumeAt;
      this.subscriber.gap(page.gap);
    }
    for (const message of page.messages) {
      this.deliver(message);
    }
    return page.messages.length === 0 || this.last?.offset === page.newest.offset;
  }

  private isOver(): boolean {
    return this.isClosed;
  }

  private deliver(message: EncodedMessage): void {
    this.last = message.position;
    this.subscriber.message(message);
  }

  private isNext({ position }: EncodedMessage): boolean {
    return position.epoch === this.last?.epoch && position.offset === this.last.offset + 1;
  }

  private isKnown({ position }: EncodedMessage): boolean {
    return position.epoch === this.last?.epoch && position.offset <= this.last.offset;
  }
}
