import { Injectable } from '@nestjs/common';
import { Broker } from '../broker/broker.port.js';
import { overloaded } from '../errors/overloaded.js';
import { BirdsongSettings } from '../config/birdsong-settings.js';
import type { Channel } from '../channels/channel-policies.js';
import { ChannelFeed } from './channel-feed.js';
import { HistoryLimiter } from '../broker/history-limiter.js';
import { RingBudget } from './ring-budget.js';

interface SharedFeed {
  readonly feed: ChannelFeed;
  userCount: number;
  /** Runs while the feed has no reader. */
  lingering: NodeJS.Timeout | undefined;
}

/**
 * The feeds of this node, one for each channel that is read here. A feed without readers lingers for a while, in case
 * readers come back, and then closes. It closes sooner if its place is needed.
 */
@Injectable()
export class Feeds {
  private readonly entries = new Map<string, SharedFeed>();
  /** Feeds without readers, the longest unused first. */
  private readonly unused = new Set<SharedFeed>();
  private readonly budget: RingBudget;

  constructor(
    private readonly broker: Broker,
    private readonly limiter: HistoryLimiter,
    private readonly settings: BirdsongSettings,
  ) {
    this.budget = new RingBudget(settings.maxRingBytes);
  }

  /**
   * Checks that all of these can be acquired now.
   * @throws BirdsongError `overloaded`
   */
  requireRoom(channels: readonly Channel[]): void {
    const usedCount = this.entries.size - this.unused.size;
    const moreCount = channels.filter(({ name }) => !this.entries.get(name)?.userCount).length;
    if (usedCount + moreCount > this.settings.maxFeeds) {
      throw overloaded('This node has reached its limit of channels.');
    }
  }

  /**
   * Opens the channel's feed, or shares it. The caller must release it once.
   * @throws BirdsongError `overloaded`
   */
  acquire(channel: Channel): ChannelFeed {
    this.requireRoom([channel]);
    const entry = this.entries.get(channel.name) ?? this.open(channel);
    clearTimeout(entry.lingering);
    this.unused.delete(entry);
    entry.userCount++;
    return entry.feed;
  }

  release({ channel }: ChannelFeed): void {
    const entry = this.entries.get(channel.name);
    if (!entry || --entry.userCount > 0) {
      return;
    }
    this.unused.add(entry);
    if (this.settings.feedLingerMs === 0) {
      this.end(entry);
    } else {
      entry.lingering = setTimeout(() => this.end(entry), this.settings.feedLingerMs).unref();
    }
  }

  close(): void {
    for (const entry of this.entries.values()) {
      this.end(entry);
    }
  }

  private open(channel: Channel): SharedFeed {
    const [longestUnused] = this.unused;
    if (longestUnused && this.entries.size >= this.settings.maxFeeds) {
      this.end(longestUnused);
    }
    const { broker, limiter, budget, settings } = this;
    const feed = new ChannelFeed(broker, limiter, channel, budget, settings.coalesceMs);
    const entry: SharedFeed = { feed, userCount: 0, lingering: undefined };
    this.entries.set(channel.name, entry);
    return entry;
  }

  private end(entry: SharedFeed): void {
    clearTimeout(entry.lingering);
    this.unused.delete(entry);
    this.entries.delete(entry.feed.channel.name);
    entry.feed.close();
  }
}
