import { Injectable } from '@nestjs/common';
import { Broker } from '../broker/broker.port.js';
import { BirdsongSettings } from '../options/birdsong.settings.js';
import type { Channel } from '../policies/channel-policies.js';
import { ChannelFeed } from './channel.feed.js';

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

  constructor(
    private readonly broker: Broker,
    private readonly settings: BirdsongSettings,
  ) {}

  /** Whoever acquires a feed releases it, once. */
  acquire({ name, policy }: Channel): ChannelFeed {
    let entry = this.entries.get(name);
    if (!entry) {
      const channel = { name, history: policy.history };
      const feed = new ChannelFeed(this.broker, channel, this.settings.coalesceMs);
      entry = { feed, users: 0, lingering: undefined };
      this.entries.set(name, entry);
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
