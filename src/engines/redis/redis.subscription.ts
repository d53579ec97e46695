import type { EncodedMessage } from '../../protocol/message.js';
import type { Position } from '../../protocol/position.js';
import type { HistoryPage, HistoryQuery, ChannelListener } from '../../broker/broker.port.js';
import { Pause } from '../../concurrency/pause.js';

const PAGE_COUNT = 200;
const RETRY_MS = 200;

/** What a message takes beside its JSON. */
const MESSAGE_BYTES = 256;
/** What may wait in all subscriptions of a node. As strings of two bytes each, it is twice that. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

/** How much waits in all subscriptions of a node. */
export class WaitingBudget {
  private bytes = 0;

  /** @returns whether there is room for so much more, which is to be given back then */
  take(bytes: number): boolean {
    const hasRoom = this.bytes + bytes <= MAX_WAITING_BYTES;
    this.bytes += hasRoom ? bytes : 0;
    return hasRoom;
  }

  give(bytes: number): void {
    this.bytes -= bytes;
  }
}

/** Reads one channel's history in Redis. */
export type ReadHistory = (query: HistoryQuery) => Promise<HistoryPage>;

/**
 * One channel's messages as its subscriber must see them: each once and in order, whatever pub/sub loses.
 * A message that does not follow the last one reveals a hole, which is fetched from history first. Whether one of
 * another epoch follows it, only history can say.
 */
export class RedisSubscription {
  private last: Position | undefined;
  /** What came while a hole is being filled, or before it is known where to begin. */
  private waiting: EncodedMessage[] = [];
  private waitingBytes = 0;
  private isHealing = false;
  private isHealWanted = false;
  private isClosed = false;
  private readonly pause = new Pause();

  constructor(
    private readonly listener: ChannelListener,
    /** Of all subscriptions of the node together. */
    private readonly budget: WaitingBudget,
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
    if (!this.last || this.isHealing) {
      this.keep(messages);
    } else {
      this.deliverAll(messages);
    }
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
    this.keep(this.takeWaiting().filter(({ position }) => position.epoch === epoch));
    void this.readUntilWhole().finally(() => this.endHealing());
  }

  close(): void {
    this.isClosed = true;
    this.takeWaiting();
    this.pause.end();
  }

  private deliverWaiting(): void {
    if (this.last && !this.isHealing) {
      this.deliverAll(this.takeWaiting());
    }
  }

  private deliverAll(messages: readonly EncodedMessage[]): void {
    for (const [index, message] of messages.entries()) {
      if (this.isNext(message)) {
        this.deliver(message);
      } else if (!this.isKnown(message)) {
        this.keep(messages.slice(index));
        this.heal();
        return;
      }
    }
  }

  /** Until a hole has been filled. If too much waits already, it is fetched from history instead. */
  private keep(messages: readonly EncodedMessage[]): void {
    const bytes = messages.reduce((sum, { json }) => sum + json.length + MESSAGE_BYTES, 0);
    if (!this.budget.take(bytes)) {
      this.isHealWanted = true;
      return;
    }
    this.waitingBytes += bytes;
    this.waiting.push(...messages);
  }

  private takeWaiting(): EncodedMessage[] {
    const { waiting } = this;
    this.waiting = [];
    this.budget.give(this.waitingBytes);
    this.waitingBytes = 0;
    return waiting;
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
      this.listener.gap(page.gap);
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
    this.listener.message(message);
  }

  private isNext({ position }: EncodedMessage): boolean {
    return position.epoch === this.last?.epoch && position.offset === this.last.offset + 1;
  }

  private isKnown({ position }: EncodedMessage): boolean {
    return position.epoch === this.last?.epoch && position.offset <= this.last.offset;
  }
}
