import type { BrokerChannel } from '../../broker/broker.port.js';
import { MemoryChannel } from './memory-channel.js';

/** The channels of one pattern, those without new messages for longest first. */
export class ChannelGroup {
  private readonly channels = new Map<string, MemoryChannel>();
  private bytes = 0;
  private readonly count = (bytes: number) => {
    this.bytes += bytes;
  };

  get(name: string): MemoryChannel | undefined {
    return this.channels.get(name);
  }

  add(name: string, limits: BrokerChannel['history'], now: number): MemoryChannel {
    const channel = new MemoryChannel(now, limits, this.count);
    this.channels.set(name, channel);
    return channel;
  }

  delete(name: string, channel: MemoryChannel): void {
    this.channels.delete(name);
    this.bytes -= channel.bytes;
  }

  /** Puts the channel behind all others. */
  renew(name: string, channel: MemoryChannel): void {
    this.channels.delete(name);
    this.channels.set(name, channel);
  }

  /** Drops the first channels until the others take no more than this, but for `kept`. */
  shrink(totalBytes: number, kept: MemoryChannel): void {
    for (const [name, channel] of this.channels) {
      // If one that began in this millisecond began again, it would give the same positions a second time.
      if (this.bytes <= totalBytes || channel === kept || channel.epoch >= Date.now()) {
        return;
      }
      if (channel.listener) {
        channel.clear();
        this.renew(name, channel);
      } else {
        this.delete(name, channel);
      }
    }
  }

  entries(): Iterable<[string, MemoryChannel]> {
    return this.channels;
  }
}
