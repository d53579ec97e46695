import { Injectable } from '@nestjs/common';
import { completeJson, type EncodedMessage } from '../../protocol/message.js';
import type { Position } from '../../protocol/position.js';
import { BrokerSettings } from '../../broker/broker-settings.js';
import {
  Broker,
  PAGE_BYTES,
  type PublishResult,
  type Batch,
  type BrokerChannel,
  type HistoryPage,
  type HistoryQuery,
  type ChannelListener,
  type Subscription,
} from '../../broker/broker.port.js';
import { gapBehind } from '../../broker/gap.js';
import { OffsetLog } from '../../broker/offset-log.js';
import { neverUsedTtlMs } from '../../broker/position-ttl.js';

interface StoredMessage {
  readonly message: EncodedMessage;
  readonly storedAtMs: number;
}

/** A batch that had an idempotency key. */
interface RememberedBatch extends Omit<PublishResult, 'types' | 'duplicate'> {
  /** Joined by commas: one string takes less memory than a thousand. */
  readonly types: string;
  readonly expiresAtMs: number;
}

interface MemoryChannel {
  readonly epoch: number;
  readonly log: OffsetLog<StoredMessage>;
  /** By idempotency key, the next to expire first. */
  readonly remembered: Map<string, RememberedBatch>;
  ageMs: number;
  /** When it began, or the last message was published. */
  publishedAtMs: number;
  listener: ChannelListener | undefined;
}

const SWEEP_INTERVAL_MS = 10_000;

/** An engine that keeps everything in this process: for one node, without Redis. */
@Injectable()
export class MemoryBroker extends Broker {
  private readonly channels = new Map<string, MemoryChannel>();
  private readonly sweeping: NodeJS.Timeout;

  constructor(private readonly settings: BrokerSettings) {
    super();
    this.sweeping = setInterval(() => this.sweep(), SWEEP_INTERVAL_MS).unref();
  }

  override open(): Promise<void> {
    return Promise.resolve();
  }

  override isAvailable(): boolean {
    return true;
  }

  override publish(channel: BrokerChannel, batch: Batch): Promise<PublishResult> {
    const state = this.use(channel);
    const now = Date.now();
    state.publishedAtMs = now;
    forgetExpired(state.remembered, now);
    const { publications, createdAtMs, idempotencyKey: key } = batch;
    const earlier = key === undefined ? undefined : state.remembered.get(key);
    if (earlier) {
      const { first, types, createdAtMs: acceptedAtMs } = earlier;
      return Promise.resolve({
        ...{ first, types: types.split(','), createdAtMs: acceptedAtMs, duplicate: true },
      });
    }
    const acceptance: PublishResult = {
      first: { epoch: state.epoch, offset: state.log.last + 1 },
      types: publications.map(({ type }) => type),
      createdAtMs,
      duplicate: false,
    };
    if (key !== undefined) {
      state.remembered.set(key, {
        ...{ first: acceptance.first, types: acceptance.types.join(','), createdAtMs },
        expiresAtMs: now + this.settings.idempotencyMs,
      });
    }
    for (const { type, tail } of publications) {
      const position: Position = { epoch: state.epoch, offset: state.log.last + 1 };
      const message = { position, type, json: completeJson(position, tail) };
      state.log.append({ message, storedAtMs: now });
      if (state.log.count > channel.history.count) {
        state.log.dropOldest();
      }
      state.listener?.message(message);
    }
    return Promise.resolve(acceptance);
  }

  override subscribe(channel: BrokerChannel, listener: ChannelListener): Promise<Subscription> {
    const state = this.use(channel);
    state.listener = listener;
    return Promise.resolve({
      position: { epoch: state.epoch, offset: state.log.last },
      close: () => {
        if (state.listener === listener) {
          state.listener = undefined;
        }
      },
    });
  }

  override read(channel: BrokerChannel, query: HistoryQuery): Promise<HistoryPage> {
    const { epoch, log } = this.use(channel);
    const { after, before, limit } = query;
    const newest: Position = { epoch, offset: log.last };
    const isAfterKnown = !after || (after.epoch === epoch && after.offset <= log.last);
    const isBeforeKnown = !before || before.epoch === epoch;
    const from = after && isAfterKnown ? Math.max(after.offset + 1, log.first) : log.first;
    const to = isBeforeKnown ? Math.min(log.last, (before?.offset ?? Infinity) - 1) : 0;
    const entries = after
      ? log.range(from, Math.min(to, from + limit - 1))
      : log.range(Math.max(from, to - limit + 1), to).toReversed();
    const messages = firstPage(entries.map(({ message }) => message));
    return Promise.resolve({
      messages: after ? messages : messages.reverse(),
      newest,
      gap: gapBehind(after, {
        isKnown: isAfterKnown && isBeforeKnown,
        next: from <= log.last ? { epoch, offset: from } : undefined,
        newest,
        end: newest,
      }),
    });
  }

  override close(): Promise<void> {
    clearInterval(this.sweeping);
    this.channels.clear();
    return Promise.resolve();
  }

  private use(channel: BrokerChannel): MemoryChannel {
    const now = Date.now();
    const ageMs = channel.history.ageSeconds * 1000;
    let state = this.channels.get(channel.name);
    if (state && this.isOver(state, now)) {
      state = undefined;
    }
    if (!state) {
      const log = new OffsetLog<StoredMessage>(1);
      const remembered = new Map<string, RememberedBatch>();
      state = { epoch: now, log, remembered, ageMs, publishedAtMs: now, listener: undefined };
      this.channels.set(channel.name, state);
    }
    state.ageMs = ageMs;
    dropAged(state, now);
    return state;
  }

  /** Frees what has expired in channels that are no longer used. */
  private sweep(): void {
    const now = Date.now();
    for (const [name, state] of this.channels) {
      if (this.isOver(state, now)) {
        this.channels.delete(name);
      }
    }
  }

  /** Frees what has expired. Returns whether nothing is left, and the channel has kept its position long enough. */
  private isOver(state: MemoryChannel, now: number): boolean {
    const { log, remembered, listener, publishedAtMs } = state;
    dropAged(state, now);
    forgetExpired(remembered, now);
    const { keepPositionsMs } = this.settings;
    const ttlMs = log.last > 0 ? keepPositionsMs : neverUsedTtlMs(keepPositionsMs);
    const isIdle = log.count === 0 && remembered.size === 0 && !listener;
    return isIdle && now - publishedAtMs > ttlMs;
  }
}

function dropAged({ log, ageMs }: MemoryChannel, now: number): void {
  while (log.oldest && log.oldest.storedAtMs + ageMs <= now) {
    log.dropOldest();
  }
}

function forgetExpired(remembered: MemoryChannel['remembered'], now: number): void {
  for (const [key, { expiresAtMs }] of remembered) {
    if (expiresAtMs > now) {
      return;
    }
    remembered.delete(key);
  }
}

/** The first of these messages, as many as fit in a page. */
function firstPage(messages: readonly EncodedMessage[]): EncodedMessage[] {
  let bytes = 0;
  const end = messages.findIndex(({ json }) => (bytes += json.length) > PAGE_BYTES);
  return messages.slice(0, end === -1 ? messages.length : Math.max(end, 1));
}
