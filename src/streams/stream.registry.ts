import { Injectable } from '@nestjs/common';
import { BirdsongSettings } from '../config/birdsong.settings.js';
import { StreamLimit } from '../delivery/stream-limit.js';
import type { Stream } from './stream.js';

/** Beats per heartbeat: how finely silence is measured. */
const BEATS = 10;

const NONE: ReadonlySet<Stream> = new Set();

/** The open streams of this node, by identity and by channel. Keeps them from falling silent. */
@Injectable()
export class StreamRegistry {
  private readonly open = new Set<Stream>();
  private readonly byIdentity = new Map<string, Set<Stream>>();
  private readonly byChannel = new Map<string, Set<Stream>>();
  private beating: NodeJS.Timeout | undefined;

  constructor(
    private readonly limit: StreamLimit,
    private readonly settings: BirdsongSettings,
  ) {}

  get all(): ReadonlySet<Stream> {
    return this.open;
  }

  ofIdentity(id: string): ReadonlySet<Stream> {
    return this.byIdentity.get(id) ?? NONE;
  }

  ofChannel(name: string): ReadonlySet<Stream> {
    return this.byChannel.get(name) ?? NONE;
  }

  /** @throws BirdsongError `overloaded` */
  requireRoom(): void {
    this.limit.requireRoom();
  }

  /** @throws BirdsongError `overloaded` */
  add(stream: Stream): void {
    this.limit.enter();
    this.open.add(stream);
    for (const [index, name] of this.placesOf(stream)) {
      const streams = index.get(name) ?? new Set();
      index.set(name, streams.add(stream));
    }
    this.beating ??= setInterval(() => this.beat(), this.settings.heartbeatMs / BEATS).unref();
  }

  delete(stream: Stream): void {
    this.limit.leave();
    this.open.delete(stream);
    for (const [index, name] of this.placesOf(stream)) {
      const streams = index.get(name);
      streams?.delete(stream);
      if (streams?.size === 0) {
        index.delete(name);
      }
    }
    if (this.open.size === 0) {
      clearInterval(this.beating);
      this.beating = undefined;
    }
  }

  /** Where the stream stands in each index. */
  private placesOf({ feeds, identity }: Stream): [Map<string, Set<Stream>>, string][] {
    return [
      ...feeds.map(({ channel }): [Map<string, Set<Stream>>, string] => [
        this.byChannel,
        channel.name,
      ]),
      ...(identity ? [[this.byIdentity, identity.id] as [Map<string, Set<Stream>>, string]] : []),
    ];
  }

  private beat(): void {
    for (const stream of this.open) {
      stream.beat(BEATS);
    }
  }
}
