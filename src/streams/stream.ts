import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Gap } from '../broker/gap.js';
import type { ChannelFeed } from '../delivery/channel.feed.js';
import {
  ChannelReader,
  type Beginning,
  type ReaderSink,
  type Start,
} from '../delivery/channel.reader.js';
import { toTextChunk } from '../delivery/chunk.js';
import type { FrameBatch } from '../delivery/frame-batch.js';
import type { UnsentBytes } from '../delivery/unsent-bytes.js';
import type { SlowReaderRule } from '../channels/policy.js';
import { formatPosition, type Position } from '../protocol/position.js';
import * as events from '../protocol/control-events.js';
import { cursorEntry, cursorKey, formatCursor } from '../protocol/cursor.js';
import { directSocket } from './direct-socket.js';
import { releaseSignal } from './take-over.js';

/** One channel of a stream, and its part of the stream's cursor. */
interface Part {
  readonly reader: ChannelReader;
  readonly key: string;
  entry: string;
}

/** Of how many channels a stream reads history at the same time, to find where it begins. */
const BEGIN_COUNT = 4;

/**
 * Bytes of messages between two cursors, for each channel that stands in them: 16 times what its entry takes, so that
 * cursors are never the most of what is sent.
 */
const BYTES_PER_CURSOR_ENTRY = 560;

const STREAM = Symbol('birdsong.stream');

type StreamResponse = ServerResponse & { [STREAM]?: Stream };

/** What a stream needs of whoever opened it. */
export interface StreamOwner {
  readonly maxUnsentBytes: number;
  readonly unsent: UnsentBytes;
  /** The response is closed: the stream holds nothing any more but the feeds it was given. */
  closed(stream: Stream): void;
}

/** One open SSE response, reading one or more channels. It ends with the response. */
export class Stream implements ReaderSink {
  /** Counts of `beat` without a write in between. */
  private silentBeats = 0;
  private stalledBeats = 0;
  private unsentBytes = 0;
  private isEnding = false;
  private draining: Promise<void> | undefined;
  private readonly parts: readonly Part[];
  /** Takes messages as chunks that all streams share. Everything else goes through the response. */
  private readonly socket: Socket | undefined;

  constructor(
    private readonly response: StreamResponse,
    feeds: readonly ChannelFeed[],
    private readonly owner: StreamOwner,
  ) {
    this.socket = directSocket(response);
    this.parts = feeds.map((feed) => ({
      reader: new ChannelReader(feed, this),
      key: feeds.length > 1 ? cursorKey(feed.channel.name) : '',
      entry: '',
    }));
    response[STREAM] = this;
    response.on('close', onClose);
  }

  get feeds(): readonly ChannelFeed[] {
    return this.parts.map(({ reader }) => reader.feed);
  }

  /** Tells where each channel begins, replays what it must, and goes on live. */
  async run(starts: readonly Start[]): Promise<void> {
    const beginnings: Beginning[] = [];
    for (let at = 0; at < this.parts.length; at += BEGIN_COUNT) {
      const some = this.parts.slice(at, at + BEGIN_COUNT);
      beginnings.push(
        ...(await Promise.all(some.map((part, index) => this.begin(part, starts[at + index])))),
      );
      if (this.isOver()) {
        return;
      }
    }
    this.announce(beginnings, starts);
    // One after the other: each fills the socket, and waits until it takes more.
    for (const { reader } of this.parts) {
      await reader.run();
    }
  }

  replay(batch: FrameBatch, reader: ChannelReader): Promise<void> | undefined {
    this.write(batch, reader);
    return this.isFull() ? this.drained() : undefined;
  }

  live(batch: FrameBatch, reader: ChannelReader): void {
    if (this.write(batch, reader)) {
      return;
    }
    const rule = reader.feed.channel.policy.slowReader;
    if (rule === 'latest-only' || this.response.writableLength > this.owner.maxUnsentBytes) {
      this.slowDown(reader, rule);
    }
  }

  gap(gap: Gap, reader: ChannelReader): void {
    this.send(events.gap(reader.feed.channel.name, gap));
  }

  send(text: string): void {
    this.silentBeats = 0;
    this.response.write(text);
  }

  /**
   * To be called at equal intervals. Breaks a silence of this many of them, and cuts off a client that took
   * nothing of what waits for it for as many.
   */
  beat(max: number): void {
    const unsent = this.response.writableLength;
    const isStalled = (this.isFull() || this.isEnding) && unsent === this.unsentBytes;
    this.stalledBeats = isStalled ? this.stalledBeats + 1 : 0;
    this.unsentBytes = unsent;
    if (this.stalledBeats >= max) {
      this.destroy();
    } else if (++this.silentBeats >= max && !this.isFull() && !this.isEnding) {
      this.send(events.HEARTBEAT);
    }
  }

  /** Says why, and ends the response with what its socket still takes. */
  end(reason: events.ClosingReason, reconnect: boolean, retryMs?: number): void {
    if (this.isEnding || this.isOver()) {
      return;
    }
    this.stopReading();
    this.send(events.closing(reason, reconnect, retryMs));
    this.isEnding = true;
    this.response.end();
  }

  /** Breaks the connection; the client comes back by its Last-Event-ID. */
  destroy(): void {
    this.response.destroy();
  }

  /** The response is closed. */
  closed(): void {
    this.stopReading();
    releaseSignal(this.response.req);
    this.owner.closed(this);
  }

  private async begin({ reader }: Part, start: Start = { kind: 'live' }): Promise<Beginning> {
    const beginning = await reader.begin(start);
    if (this.parts.length > 1) {
      // Its turn may come late, and a page for each channel is more than a stream may hold.
      reader.forget();
    }
    return beginning;
  }

  private stopReading(): void {
    for (const { reader } of this.parts) {
      reader.close();
    }
  }

  /** @returns whether the socket takes more */
  private write(batch: FrameBatch, reader: ChannelReader): boolean {
    this.silentBeats = 0;
    const { response } = this;
    // Should somebody else have ended the response, the socket may be another's by now.
    const socket = response.writableEnded ? undefined : this.socket;
    const outlet = socket ?? response;
    if (this.parts.length === 1) {
      const shared = socket ? batch.chunk : batch.bytes;
      return outlet.write(shared) || this.wait(shared);
    }
    let takesMore = true;
    let bytes = 0;
    outlet.cork();
    for (const piece of batch.pieces) {
      const shared = socket ? piece.fieldsChunk : piece.fields;
      bytes += shared.length;
      const isDue =
        piece.last === batch.last || bytes >= this.parts.length * BYTES_PER_CURSOR_ENTRY;
      const end = isDue ? `id: ${this.cursorAt(reader, piece.last)}\n\n` : '\n';
      // As bytes: outside of V8's heap.
      const own = Buffer.from(socket ? toTextChunk(end) : end);
      bytes = isDue ? 0 : bytes;
      outlet.write(shared);
      takesMore = outlet.write(own) || this.wait(shared, own);
    }
    outlet.uncork();
    return takesMore;
  }

  /** What the socket has not taken is counted, until it has taken everything. */
  private wait(...written: Buffer[]): false {
    const { unsent } = this.owner;
    for (const bytes of this.isFull() ? written : []) {
      if (unsent.add(this, bytes, bytes.length)) {
        void this.drained().then(() => unsent.release(this));
      }
    }
    return false;
  }

  private slowDown(reader: ChannelReader, rule: SlowReaderRule): void {
    if (rule === 'close') {
      // It comes back by its Last-Event-ID.
      this.end('slow-reader', true);
      return;
    }
    reader.pause();
    this.drained()
      .then(() =>
        reader.run({
          count: rule === 'latest-only' ? 1 : Infinity,
          bytes: this.owner.maxUnsentBytes,
        }),
      )
      // Only a feed that closes rejects, and it closes after its streams.
      .catch(() => this.destroy());
  }

  private announce(beginnings: readonly Beginning[], starts: readonly Start[]): void {
    const channels = this.parts.map((part, index) => {
      const { newest, gap } = beginnings[index] as Beginning;
      part.entry = cursorEntry(part.key, part.reader.position);
      return {
        channel: part.reader.feed.channel.name,
        position: formatPosition(newest),
        recovered: starts[index]?.kind === 'after' && !gap,
        gap: gap !== undefined,
      };
    });
    this.send(events.ready(this.id(), channels));
    beginnings.forEach(({ gap }, index) => {
      const reader = this.parts[index]?.reader;
      if (gap && reader) {
        this.gap(gap, reader);
      }
    });
  }

  private id(): string {
    const [first, ...rest] = this.parts;
    return first && rest.length === 0
      ? formatPosition(first.reader.position)
      : formatCursor(this.parts.map(({ entry }) => entry));
  }

  private cursorAt(reader: ChannelReader, position: Position): string {
    const part = this.parts.find((candidate) => candidate.reader === reader);
    if (part) {
      part.entry = cursorEntry(part.key, position);
    }
    return this.id();
  }

  /** Whether the socket has more than it asks for. Not `writableNeedDrain`, which HTTP/2 lacks. */
  private isFull(): boolean {
    return this.response.writableLength >= this.response.writableHighWaterMark;
  }

  /** One promise for all who wait, settled by the response's end too. */
  private drained(): Promise<void> {
    this.draining ??= new Promise((resolve) => {
      const outlet = this.socket ?? this.response;
      const settle = () => {
        this.draining = undefined;
        outlet.off('drain', settle);
        this.response.off('close', settle);
        resolve();
      };
      outlet.once('drain', settle);
      this.response.once('close', settle);
    });
    return this.draining;
  }

  private isOver(): boolean {
    return this.response.writableEnded || this.response.destroyed;
  }
}

/** One function for all streams: a closure for each would be kept for as long as it is open. */
function onClose(this: StreamResponse): void {
  this[STREAM]?.closed();
}
