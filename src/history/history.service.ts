import { Injectable } from '@nestjs/common';
import {
  Broker,
  brokerChannelOf,
  type HistoryPage,
  type HistoryQuery,
} from '../broker/broker.port.js';
import type { Client } from '../access/client.js';
import { Revocations } from '../access/revocations.js';
import { Stopping } from '../concurrency/stopping.js';
import { Pause } from '../concurrency/pause.js';
import type { Position } from '../protocol/position.js';
import type { Identity } from '../channels/policy.js';
import type { Channel } from '../channels/channel-policies.js';
import { ChannelReader } from '../delivery/channel-reader.js';
import { Feeds } from '../delivery/feeds.js';
import { HistoryLimiter } from '../broker/history-limiter.js';
import { StreamLimit } from '../delivery/stream-limit.js';

/** How long a request may wait for its turn to read. */
const MAX_WAIT_MS = 3000;

/** How a request waits for a message. */
export interface WaitOptions {
  readonly waitMs: number;
  /** Ends the wait early. */
  readonly signal: AbortSignal;
  readonly identity: Identity | undefined;
  /** Whose limits apply. */
  readonly client: Client | undefined;
}

/** Reads history, and waits for messages that are not there yet. */
@Injectable()
export class HistoryService {
  private readonly waiting = new Map<Pause, Identity | undefined>();

  constructor(
    private readonly broker: Broker,
    private readonly feeds: Feeds,
    private readonly limit: StreamLimit,
    private readonly limiter: HistoryLimiter,
    private readonly stopping: Stopping,
    private readonly revocations: Revocations,
  ) {}

  /** @throws BirdsongError `broker-unavailable` or `overloaded` */
  read(channel: Channel, query: HistoryQuery): Promise<HistoryPage> {
    return this.limiter.run(() => this.broker.read(brokerChannelOf(channel), query), MAX_WAIT_MS);
  }

  /**
   * Returns what follows this position: at once if there is something, otherwise when a message comes or the time is
   * up.
   * @throws BirdsongError `broker-unavailable`, or `overloaded` if it would have to wait and the node is full
   */
  async readOrWait(
    channel: Channel,
    query: HistoryQuery & { after: Position },
    options: WaitOptions,
  ): Promise<HistoryPage> {
    const page = await this.read(channel, query);
    if (
      page.messages.length > 0 ||
      page.gap ||
      this.stopping.isStopping ||
      options.signal.aborted
    ) {
      return page;
    }
    const places = { client: options.client, channels: [channel] };
    this.limit.requireRoomFor(places);
    this.limit.enter(places);
    try {
      await this.waitForMessage(channel, query.after, options);
    } finally {
      this.limit.leave(places);
    }
    return this.read(channel, query);
  }

  /** Functions that each end one wait. */
  closers(): (() => void)[] {
    return [...this.waiting.keys()].map((pause) => () => pause.end());
  }

  /** Ends the waits of those whose right was just revoked. */
  endRevoked(): void {
    for (const [pause, identity] of this.waiting) {
      if (identity && this.revocations.cover(identity)) {
        pause.end();
      }
    }
  }

  private async waitForMessage(
    channel: Channel,
    position: Position,
    { waitMs, signal, identity }: WaitOptions,
  ): Promise<void> {
    const pause = new Pause();
    const end = () => {
      pause.end();
      return undefined;
    };
    const feed = this.feeds.acquire(channel);
    const reader = new ChannelReader(feed, { replay: end, live: end, gap: end });
    this.waiting.set(pause, identity);
    signal.addEventListener('abort', end);
    try {
      const waited = pause.for(waitMs);
      // It begins after the same position, so it finds a message that came since the read.
      reader
        .begin({ kind: 'after', position })
        .then(() => reader.run())
        .catch(end);
      await waited;
    } finally {
      signal.removeEventListener('abort', end);
      this.waiting.delete(pause);
      reader.close();
      this.feeds.release(feed);
    }
  }
}

/** Where to read on after this page. */
export function endOf({ messages, newest, gap }: HistoryPage, after?: Position): Position {
  return messages.at(-1)?.position ?? (gap ? newest : (after ?? newest));
}
