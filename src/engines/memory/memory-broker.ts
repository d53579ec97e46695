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
  type Publication,
  type Subscription,
} from '../../broker/broker.port.js';
import { gapBehind } from '../../broker/gap.js';
import { revise } from '../../broker/revise.js';
import type { Revision, RevisionResult } from '../../broker/revision.js';
import { RateBuckets } from '../../broker/rate-buckets.js';
import { neverUsedTtlMs } from '../../broker/position-ttl.js';
import { ChannelGroup } from './channel-group.js';
import type { MemoryChannel } from './memory-channel.js';

interface Used {
  readonly group: ChannelGroup;
  readonly state: MemoryChannel;
}

const SWEEP_INTERVAL_MS = 10_000;

/** An engine that keeps everything in this process: for one node, without Redis. */
@Injectable()
export class MemoryBroker extends Broker {
  override readonly takesCharges = true;
  private readonly buckets = new RateBuckets();
  /** By pattern. */
  private readonly groups = new Map<string, ChannelGroup>();
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
    const { publications, createdAtMs, idempotencyKey: key, charge } = batch;
    // Asked before the channel begins, so that a refusal changes nothing. A new channel has no repeats.
    const isNew = !this.groups.get(channel.pattern)?.get(channel.name)?.last;
    const refusedNew = charge && isNew && this.buckets.take(charge, true);
    if (refusedNew) {
      return Promise.reject(refusedNew);
    }
    const { group, state } = this.use(channel);
    const earlier = key === undefined ? undefined : state.recall(key);
    if (earlier) {
      return Promise.resolve(earlier);
    }
    const refused = charge && !isNew && this.buckets.take(charge, false);
    if (refused) {
      return Promise.reject(refused);
    }
    const now = Date.now();
    const acceptance: PublishResult = {
      first: { epoch: state.epoch, offset: state.last + 1 },
      types: publications.map(({ type }) => type),
      createdAtMs,
      duplicate: false,
    };
    if (key !== undefined) {
      state.remember(key, acceptance, now + this.settings.idempotencyMs);
    }
    this.append(channel, { group, state }, publications);
    return Promise.resolve(acceptance);
  }

  override revise(channel: BrokerChannel, revision: Revision, at: number): Promise<RevisionResult> {
    const used = this.use(channel);
    const { state } = used;
    const kept = state.range(state.first, state.last);
    const { result, isCleared, replaced, announcements } = revise(channel.name, kept, revision, at);
    if (isCleared) {
      state.clear();
    }
    replaced.forEach((message) => state.replace(message));
    if (announcements.length > 0) {
      this.append(channel, used, announcements);
    }
    return Promise.resolve(result);
  }

  override subscribe(channel: BrokerChannel, listener: ChannelListener): Promise<Subscription> {
    const { state } = this.use(channel);
    state.listener = listener;
    return Promise.resolve({
      position: { epoch: state.epoch, offset: state.last },
      close: () => {
        if (state.listener === listener) {
          state.listener = undefined;
        }
      },
    });
  }

  override read(channel: BrokerChannel, query: HistoryQuery): Promise<HistoryPage> {
    const { state } = this.use(channel);
    const { epoch, first, last } = state;
    const { after, before, limit } = query;
    const newest: Position = { epoch, offset: last };
    const isAfterKnown = !after || (after.epoch === epoch && after.offset <= last);
    const isBeforeKnown = !before || before.epoch === epoch;
    const from = after && isAfterKnown ? Math.max(after.offset + 1, first) : first;
    const to = isBeforeKnown ? Math.min(last, (before?.offset ?? Infinity) - 1) : 0;
    const entries = after
      ? state.range(from, Math.min(to, from + limit - 1))
      : state.range(Math.max(from, to - limit + 1), to).toReversed();
    const messages = firstPage(entries);
    return Promise.resolve({
      messages: after ? messages : messages.reverse(),
      newest,
      gap: gapBehind(after, {
        isKnown: isAfterKnown && isBeforeKnown,
        next: from <= last ? { epoch, offset: from } : undefined,
        newest,
        end: newest,
      }),
    });
  }

  override close(): Promise<void> {
    clearInterval(this.sweeping);
    this.groups.clear();
    return Promise.resolve();
  }

  private append(
    { name, history: { totalBytes } }: BrokerChannel,
    { group, state }: Used,
    publications: readonly Publication[],
  ): void {
    const now = Date.now();
    for (const { type, tail } of publications) {
      const position: Position = { epoch: state.epoch, offset: state.last + 1 };
      const message = { position, type, json: completeJson(position, tail) };
      state.append(message, now);
      state.listener?.message(message);
    }
    state.publishedAtMs = now;
    if (totalBytes !== undefined) {
      group.renew(name, state);
      group.shrink(totalBytes, state);
    }
  }

  private use({ name, pattern, history }: BrokerChannel): Used {
    const now = Date.now();
    let group = this.groups.get(pattern);
    if (!group) {
      group = new ChannelGroup();
      this.groups.set(pattern, group);
    }
    let state = group.get(name);
    state?.setLimits(history);
    if (!state || this.isOver(state, now)) {
      if (state) {
        group.delete(name, state);
      }
      state = group.add(name, history, now);
      if (history.totalBytes !== undefined) {
        group.shrink(history.totalBytes, state);
      }
    }
    return { group, state };
  }

  /** Frees what has expired in channels that are no longer used. */
  private sweep(): void {
    const now = Date.now();
    for (const group of this.groups.values()) {
      for (const [name, state] of group.entries()) {
        if (this.isOver(state, now)) {
          group.delete(name, state);
        }
      }
    }
  }

  /** Frees what has expired. Returns whether nothing is left, and the channel has kept its position long enough. */
  private isOver(state: MemoryChannel, now: number): boolean {
    state.dropExpired(now);
    const { keepPositionsMs } = this.settings;
    const ttlMs = state.last > 0 ? keepPositionsMs : neverUsedTtlMs(keepPositionsMs);
    return state.isIdle && now - state.publishedAtMs > ttlMs;
  }
}

/** The first of these messages, as many as fit in a page. */
function firstPage(messages: readonly EncodedMessage[]): EncodedMessage[] {
  let bytes = 0;
  const end = messages.findIndex(({ json }) => (bytes += json.length) > PAGE_BYTES);
  return messages.slice(0, end === -1 ? messages.length : Math.max(end, 1));
}
