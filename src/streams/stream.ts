import { randomBytes } from 'node:crypto';
import type { Client } from '../access/client.js';
import type { Gap } from '../broker/gap.js';
import type { Identity, SlowReaderRule } from '../channels/policy.js';
import { atTime } from '../concurrency/at-time.js';
import type { ChannelFeed } from '../delivery/channel-feed.js';
import {
  ChannelReader,
  type ResolvedStart,
  type ReaderSink,
  type Start,
} from '../delivery/channel-reader.js';
import type { FrameBatch } from '../delivery/frame-batch.js';
import * as events from '../protocol/control-events.js';
import { formatPosition } from '../protocol/position.js';
import type { EventIds, Place } from './event-ids.js';
import type { StreamLane } from './stream-lane.js';

/** Stream ids are built only on demand, as most of thousands are never asked for. */
const PROCESS_ID = randomBytes(8).toString('hex');
let openedCount = 0;

/** What a stream needs from its owner. */
export interface StreamOwner {
  readonly maxUnsentBytes: number;
  readonly heartbeatSeconds: number;
  /** Called when a reader is told of a gap. */
  gap(stream: Stream, channel: string, gap: Gap): void;
  /** Called when the client is gone. The owner releases the stream's feeds. */
  closed(stream: Stream): void;
}

/** What a stream is, beside what it reads. */
export interface StreamOptions {
  readonly heartbeat: events.Heartbeat;
  /** Whose stream it is. */
  readonly identity: Identity | undefined;
  /** Whose limits apply. Absent: nobody's. */
  readonly client?: Client;
  /** Asks again whether the stream is allowed. Absent: the app decides. */
  readonly isStillAllowed?: () => Promise<boolean>;
}

/** A stream's part in one channel. */
interface Part {
  readonly reader: ChannelReader;
  readonly place: Place;
}

/** One open event stream: reads one or more channels, and ends with its client or by `end`. */
export class Stream implements ReaderSink {
  private readonly number = ++openedCount;
  readonly openedAtMs = Date.now();
  /** Why the server ended the stream, if it did. */
  closingReason: events.ClosingReason | undefined;
  private readonly parts: readonly Part[];
  /** The number of beats since the last write. */
  private silentBeats = 0;
  private isWatched = false;
  private isClosed = false;
  /** Ends the wait for the end of the identity's right. */
  private readonly stopExpiry: (() => void) | undefined;

  /** @param places where the client is in each channel, in the order of `feeds` */
  constructor(
    feeds: readonly ChannelFeed[],
    places: readonly Place[],
    private readonly ids: EventIds,
    private readonly lane: StreamLane,
    private readonly options: StreamOptions,
    private readonly owner: StreamOwner,
  ) {
    this.parts = feeds.map((feed, index) => ({
      reader: new ChannelReader(feed, this),
      place: places[index] as Place,
    }));
    const expiresAt = options.identity?.expiresAt;
    this.stopExpiry = expiresAt && atTime(expiresAt, () => this.end('token-expired', true));
  }

  /** Unique across all nodes. */
  get id(): string {
    return `${PROCESS_ID}-${this.number.toString(36)}`;
  }

  get identity(): Identity | undefined {
    return this.options.identity;
  }

  get client(): Client | undefined {
    return this.options.client;
  }

  /** Asks again whether the stream is allowed. Undefined if the app decides. */
  get isStillAllowed(): (() => Promise<boolean>) | undefined {
    return this.options.isStillAllowed;
  }

  get feeds(): readonly ChannelFeed[] {
    return this.parts.map(({ reader }) => reader.feed);
  }

  /** Announces where each channel begins, replays what was missed, and continues live. */
  async run(starts: readonly Start[], retryMs?: number): Promise<void> {
    const resolvedStarts = await Promise.all(
      this.parts.map(({ reader }, index) => reader.begin(starts[index] ?? { kind: 'live' })),
    );
    if (this.isOver()) {
      return;
    }
    this.announce(resolvedStarts, starts, retryMs);
    // One after the other, as each fills the socket and waits until it takes more.
    for (const { reader } of this.parts) {
      await reader.run();
    }
  }

  replay(batch: FrameBatch, reader: ChannelReader): Promise<unknown> | undefined {
    return this.write(batch, reader) || !this.lane.isFull() ? undefined : this.lane.drained();
  }

  live(batch: FrameBatch, reader: ChannelReader): void {
    if (this.write(batch, reader)) {
      return;
    }
    const { slowReader } = reader.feed.channel.policy;
    const isTooMuch = this.lane.unsentBytes > this.owner.maxUnsentBytes;
    if (!this.lane.holdsUnsent || slowReader === 'latest-only' || isTooMuch) {
      this.slowDown(reader, slowReader);
    }
  }

  gap(gap: Gap, reader: ChannelReader): void {
    const { name } = reader.feed.channel;
    this.send(events.gap(name, gap));
    this.owner.gap(this, name, gap);
  }

  /**
   * Call it at equal intervals. After `max` silent intervals it sends a heartbeat. If the client takes nothing of what
   * waits for it for as long as that, it ends the stream, and after as long again it breaks the connection.
   */
  beat(max: number): void {
    const isFull = this.lane.isFull();
    this.watch(isFull || this.isEnding());
    if (this.isEnding()) {
      this.closeOnceTaken();
    } else if (++this.silentBeats >= max && !isFull) {
      this.silentBeats = 0;
      this.lane.heartbeat(this.options.heartbeat);
    }
  }

  /** Sends `stream.closing` with the reason, and ends the stream once its client has taken what was written. */
  end(reason: events.ClosingReason, reconnect: boolean, retryMs?: number): void {
    if (this.isEnding() || this.isClosed) {
      return;
    }
    this.stopExpiry?.();
    this.stopReading();
    this.send(events.closing(reason, reconnect, retryMs));
    this.closingReason = reason;
    this.lane.end(reconnect);
  }

  /** Breaks the connection. The client resumes by its Last-Event-ID. */
  destroy(): void {
    this.lane.destroy();
  }

  /** Call it when the client is gone. */
  closed(): void {
    if (!this.isClosed) {
      this.isClosed = true;
      this.stopExpiry?.();
      this.stopReading();
      this.owner.closed(this);
    }
  }

  /**
   * Call it when the subscriber is gone. If the server ended the stream, its client may still take what was written.
   */
  unsubscribed(): void {
    if (this.isEnding()) {
      void this.lane.drained().then(() => this.closeOnceTaken());
    } else {
      this.closed();
    }
  }

  private send(event: events.ControlEvent): void {
    this.silentBeats = 0;
    this.lane.send(event);
  }

  private write(batch: FrameBatch, reader: ChannelReader): boolean {
    this.silentBeats = 0;
    return this.lane.write(batch, this.placeOf(reader));
  }

  private placeOf(reader: ChannelReader): Place {
    const part =
      this.parts.length === 1
        ? this.parts[0]
        : this.parts.find((candidate) => candidate.reader === reader);
    return (part as Part).place;
  }

  private stopReading(): void {
    for (const { reader } of this.parts) {
      reader.close();
    }
  }

  private slowDown(reader: ChannelReader, rule: SlowReaderRule): void {
    reader.pause();
    this.lane
      .drained()
      .then((isSlow) => reader.run(isSlow ? limitOf(rule, this.owner.maxUnsentBytes) : undefined))
      // Only a feed that closes rejects, and feeds close after their streams.
      .catch(() => this.destroy());
  }

  /** For the observable lane, which is not told when its response closes. */
  private closeOnceTaken(): void {
    if (this.lane.unsentBytes === 0) {
      this.closed();
    }
  }

  private watch(isWanted: boolean): void {
    if (isWanted !== this.isWatched) {
      this.isWatched = isWanted;
      const ms = isWanted ? this.owner.heartbeatSeconds * 1000 : 0;
      this.lane.watch(ms, () => this.stalled());
    }
  }

  private stalled(): void {
    this.isWatched = false;
    if (this.isEnding()) {
      this.destroy();
    } else {
      this.end('slow-reader', true);
    }
  }

  private announce(
    resolvedStarts: readonly ResolvedStart[],
    starts: readonly Start[],
    retryMs: number | undefined,
  ): void {
    const channels = this.parts.map(({ reader, place }, index) => {
      const { newest, gap } = resolvedStarts[index] as ResolvedStart;
      this.ids.move(place, reader.position);
      return {
        channel: reader.feed.channel.name,
        position: formatPosition(newest),
        recovered: starts[index]?.kind === 'after' && !gap,
        gap: gap !== undefined,
      };
    });
    this.send({
      ...events.ready(this.ids.id, channels, this.owner.heartbeatSeconds),
      retry: retryMs,
    });
    this.parts.forEach(({ reader }, index) => {
      const { gap } = resolvedStarts[index] as ResolvedStart;
      if (gap) {
        this.gap(gap, reader);
      }
    });
  }

  private isEnding(): boolean {
    return this.closingReason !== undefined;
  }

  private isOver(): boolean {
    return this.isClosed || this.isEnding();
  }
}

/** The most that a reader that was too slow continues with. */
function limitOf(rule: SlowReaderRule, maxBytes: number) {
  switch (rule) {
    case 'close':
      return undefined;
    case 'drop-oldest':
      return { count: Infinity, bytes: maxBytes };
    case 'latest-only':
      return { count: 1, bytes: maxBytes };
  }
}
