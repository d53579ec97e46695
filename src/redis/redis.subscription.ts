import type { EncodedMessage } from '../messages/message.js';
import { isGap, type Position } from '../messages/position.js';
import type { HistoryPage, HistoryQuery, Subscriber } from '../broker/broker.port.js';
import { Pause } from '../broker/pause.js';

const PAGE_COUNT = 200;
/** What waits while a hole is being filled; beyond it, what came is fetched from history instead. */
const WAITING_COUNT = 1000;
const RETRY_MS = 200;

/** One channel's history in Redis. */
export interface ChannelHistory {
  read(query: HistoryQuery): Promise<HistoryPage>;
  /** Ends this epoch, if it has not ended yet, and goes on in a new one. */
  renew(epoch: number): Promise<void>;
}

/**
 * One channel's messages as its subscriber must see them: each once and in order, whatever pub/sub loses.
 * A message that does not follow the last one reveals a hole, which is fetched from history first.
 */
export class RedisSubscription {
  private last: Position | undefined;
  /** The message at `last`, if it was delivered here. */
  private delivered: EncodedMessage | undefined;
  private waiting: EncodedMessage[] = [];
  private isHealing = false;
  private isHealWanted = false;
  private isClosed = false;
  private readonly pause = new Pause();

  constructor(
    private readonly subscriber: Subscriber,
    private readonly history: ChannelHistory,
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
      if (!this.isNext(message) && !this.isKnown(message)) {
        this.waiting = waiting.slice(index);
        this.heal();
        return;
      }
      this.deliver(message);
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
    // With the message that it has, to see whether history still holds the same.
    const known = this.delivered;
    const from = known ? { ...after, offset: after.offset - 1 } : after;
    let page: HistoryPage;
    try {
      page = await this.history.read({ after: from, limit: PAGE_COUNT });
      if (known && hasForgotten(page, known)) {
        await this.history.renew(after.epoch);
        return false;
      }
    } catch {
      // Unreachable: nothing can be said of what was missed until it is back.
      await this.pause.for(RETRY_MS);
      return false;
    }
    if (this.isOver()) {
      return true;
    }
    if (isGap(after, page.newest, page.oldest)) {
      this.tellOfGap(after, page);
    }
    for (const message of page.messages) {
      this.deliver(message);
    }
    return page.messages.length === 0 || this.last?.offset === page.newest.offset;
  }

  private isOver(): boolean {
    return this.isClosed;
  }

  private tellOfGap(after: Position, { newest, oldest }: HistoryPage): void {
    const { epoch } = newest;
    const resumeAt = { epoch, offset: oldest === undefined ? newest.offset : oldest - 1 };
    this.last = resumeAt;
    this.delivered = undefined;
    this.subscriber.gap({
      after,
      oldest: oldest === undefined ? undefined : { epoch, offset: oldest },
      resumeAt,
    });
  }

  private deliver(message: EncodedMessage): void {
    if (this.isNext(message)) {
      this.last = message.position;
      this.delivered = message;
      this.subscriber.message(message);
    }
  }

  private isNext({ position }: EncodedMessage): boolean {
    return position.epoch === this.last?.epoch && position.offset === this.last.offset + 1;
  }

  private isKnown({ position }: EncodedMessage): boolean {
    return position.epoch === this.last?.epoch && position.offset <= this.last.offset;
  }
}

/**
 * Whether Redis, with the same epoch, does not have what was delivered: it came back with older data, from its
 * disk or from a replica that lagged, and may have given the position to another message since.
 */
function hasForgotten({ newest, messages }: HistoryPage, known: EncodedMessage): boolean {
  const { epoch, offset } = known.position;
  if (newest.epoch !== epoch) {
    return false;
  }
  const same = messages[0]?.position.offset === offset ? messages[0] : undefined;
  return newest.offset < offset || (same !== undefined && same.json !== known.json);
}
