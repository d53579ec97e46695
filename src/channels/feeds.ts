import { Injectable } from '@nestjs/common';
import { Broker } from '../broker/broker.port.js';
import { BirdsongSettings } from '../options/birdsong.settings.js';
import type { Channel } from '../policies/channel-policies.js';
import { ChannelFeed } from './channel.feed.js';
import { RingBudget } from './ring-budget.js';

interface Entry {
  readonly feed: ChannelFeed;
  users: number;
  /** Runs while nobody uses the feed. */
  lingering: NodeJS.Timeout | undefined;
}

/**
 * The feeds of this node: one for each channel that somebody reads here. The last reader who leaves closes
 * it, after a while in which readers may come back.
 */
@Injectable()
export class Feeds {
  private readonly entries = new Map<string, Entry>();
  private readonly budget: RingBudget;

  constructor(
    private readonly broker: Broker,
    private readonly settings: BirdsongSettings,
  ) {
    this.budget = new RingBudget(settings.maxRingBytes);
  }

  /** Whoever acquires a feed releases it, once. */
  acquire(channel: Channel): ChannelFeed {
    let entry = this.entries.get(channel.name);
    if (!entry) {
      const feed = new ChannelFeed(this.broker, channel, this.budget, this.settings.coalesceMs);
      entry = { feed, users: 0, lingering: undefined };
      this.entries.set(channel.name, entry);
    }
    clearTimeout(entry.lingering);
    entry.users++;
    return entry.feed;
  }

  release({ channel }: ChannelFeed): void {
    const entry = this.entries.get(channel.name);
    if (!entry || --entry.users > 0) {
      return;
    }
    const end = () => {
      this.entries.delete(channel.name);
      entry.feed.close();
    };
    if (this.settings.feedLingerMs === 0) {
      end();
    } else {
      entry.lingering = setTimeout(end, this.settings.feedLingerMs).unref();
    }
  }

  close(): void {
    for (const { feed, lingering } of this.entries.values()) {
      clearTimeout(lingering);
      feed.close();
    }
    this.entries.clear();
  }
}
