import { Injectable } from '@nestjs/common';
import { BirdsongSettings } from '../config/birdsong-settings.js';
import { StreamLimit, type Places } from '../delivery/stream-limit.js';
import type { Gap } from '../broker/gap.js';
import { AppEvents } from '../events/app-events.js';
import { GapEvent } from '../events/gap.event.js';
import { ReaderJoinedEvent } from '../events/reader-joined.event.js';
import { ReaderLeftEvent } from '../events/reader-left.event.js';
import { StreamEndedEvent } from '../events/stream-ended.event.js';
import { formatPosition, type Position } from '../protocol/position.js';
import type { Stream } from './stream.js';

/** Beats per heartbeat interval, which is how finely silence is measured. */
const BEATS = 10;

const NONE: ReadonlySet<Stream> = new Set();

/** The open streams of this node, by identity and by channel. Drives their heartbeats. */
@Injectable()
export class StreamRegistry {
  private readonly open = new Set<Stream>();
  private readonly byIdentity = new Map<string, Set<Stream>>();
  private readonly byChannel = new Map<string, Set<Stream>>();
  private beating: NodeJS.Timeout | undefined;

  constructor(
    private readonly limit: StreamLimit,
    private readonly settings: BirdsongSettings,
    private readonly events: AppEvents,
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

  /** @throws BirdsongError `too-many-requests` */
  requireRoomFor(places: Places): void {
    this.limit.requireRoomFor(places);
  }

  /** @throws BirdsongError `overloaded` */
  add(stream: Stream): void {
    this.limit.enter(placesOf(stream));
    this.open.add(stream);
    const { identity } = stream;
    if (identity) {
      put(this.byIdentity, identity.id, stream);
    }
    for (const { channel } of stream.feeds) {
      const isFirst = put(this.byChannel, channel.name, stream);
      this.events.emit(
        ReaderJoinedEvent.NAME,
        () => new ReaderJoinedEvent(channel.name, identity, isFirst),
      );
    }
    this.beating ??= setInterval(() => this.beat(), this.settings.heartbeatMs / BEATS).unref();
  }

  delete(stream: Stream): void {
    this.limit.leave(placesOf(stream));
    this.open.delete(stream);
    const { identity } = stream;
    if (identity) {
      drop(this.byIdentity, identity.id, stream);
    }
    for (const { channel } of stream.feeds) {
      const isLast = drop(this.byChannel, channel.name, stream);
      this.events.emit(
        ReaderLeftEvent.NAME,
        () => new ReaderLeftEvent(channel.name, identity, isLast),
      );
    }
    this.events.emit(StreamEndedEvent.NAME, () => toEnded(stream));
    if (this.open.size === 0) {
      clearInterval(this.beating);
      this.beating = undefined;
    }
  }

  /** Emits the event for a gap in this stream. */
  reportGap({ identity }: Stream, channel: string, { after, oldest }: Gap): void {
    const format = (position: Position | undefined) => position && formatPosition(position);
    this.events.emit(
      GapEvent.NAME,
      () => new GapEvent(channel, format(after), format(oldest), identity),
    );
  }

  private beat(): void {
    for (const stream of this.open) {
      stream.beat(BEATS);
    }
  }
}

function placesOf({ client, feeds }: Stream): Places {
  return { client, channels: feeds.map(({ channel }) => channel) };
}

/** @returns whether it is the first under this name */
function put(index: Map<string, Set<Stream>>, name: string, stream: Stream): boolean {
  const streams = index.get(name);
  if (streams) {
    streams.add(stream);
  } else {
    index.set(name, new Set([stream]));
  }
  return !streams;
}

/** @returns whether it was the last under this name */
function drop(index: Map<string, Set<Stream>>, name: string, stream: Stream): boolean {
  const streams = index.get(name);
  streams?.delete(stream);
  return streams?.size === 0 && index.delete(name);
}

function toEnded({ closingReason, feeds, identity, openedAtMs }: Stream): StreamEndedEvent {
  return new StreamEndedEvent(
    closingReason ?? 'client-left',
    feeds.map(({ channel }) => channel.name),
    identity,
    (Date.now() - openedAtMs) / 1000,
  );
}
