import { Injectable, Logger, type MessageEvent } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Observable } from 'rxjs';
import { Feeds } from '../delivery/feeds.js';
import type { Start } from '../delivery/channel.reader.js';
import { StreamLimit } from '../delivery/stream-limit.js';
import { UnsentBytes } from '../delivery/unsent-bytes.js';
import { BirdsongSettings } from '../config/birdsong.settings.js';
import { requireNames } from '../channels/channel-name.js';
import type { Channel } from '../channels/channel-policies.js';
import * as events from '../protocol/control-events.js';
import { resumeFrom } from './resume.js';
import { Stream, type StreamOwner } from './stream.js';
import { takeOver } from './take-over.js';

/** Beats per heartbeat: how finely silence is measured. */
const BEATS = 10;

/** Over how long those who are sent away come back, at the least. */
const SPREAD_MIN_MS = 1000;

export interface StreamOptions {
  /** Where the client resumes. Default none: it begins live, or with `historyCount`. */
  readonly lastEventId: string | undefined;
  /** With how many of the newest messages of each channel a first connect begins. */
  readonly historyCount: number;
}

/** The open streams of this node: opens them, keeps them from falling silent, ends them. */
@Injectable()
export class Streams implements StreamOwner {
  private readonly open = new Set<Stream>();
  private readonly logger = new Logger('Birdsong');
  private beating: NodeJS.Timeout | undefined;
  private isDraining = false;

  constructor(
    private readonly feeds: Feeds,
    private readonly limit: StreamLimit,
    readonly unsent: UnsentBytes,
    private readonly settings: BirdsongSettings,
  ) {}

  get count(): number {
    return this.open.size;
  }

  /**
   * For an `@Sse()` handler to return: opens the stream on this response.
   * @throws BirdsongError `invalid-request` for no channel, too many, or one twice; `overloaded`
   */
  serve(
    channels: readonly Channel[],
    request: IncomingMessage,
    response: ServerResponse,
    options: StreamOptions,
  ): Observable<MessageEvent> {
    requireNames(
      channels.map(({ name }) => name),
      this.settings.maxChannelsPerStream,
    );
    const starts = startsOf(channels, options);
    if (!this.isDraining) {
      this.requireRoom(channels);
    }
    return takeOver(request, response, () => this.begin(channels, response, starts));
  }

  get maxUnsentBytes(): number {
    return this.settings.maxUnsentBytes;
  }

  /** @internal called by the stream */
  closed(stream: Stream): void {
    this.open.delete(stream);
    this.limit.leave();
    for (const feed of stream.feeds) {
      this.feeds.release(feed);
    }
    if (this.open.size === 0) {
      clearInterval(this.beating);
      this.beating = undefined;
    }
  }

  /** From now on, whoever comes is told to come back later. */
  refuse(): void {
    this.isDraining = true;
  }

  /** For each open stream, what ends it. */
  departures(): (() => void)[] {
    return [...this.open].map((stream) => () => stream.end('shutdown', true, this.spreadRetryMs()));
  }

  /** Breaks the connections of those who have not taken their end. */
  cutOff(): void {
    for (const stream of this.open) {
      stream.destroy();
    }
  }

  private begin(
    channels: readonly Channel[],
    response: ServerResponse,
    starts: readonly Start[],
  ): void {
    response.write(events.preamble(this.settings.retryMs));
    const refusal = this.refusal(channels);
    if (refusal) {
      // With an error status an EventSource would never come back.
      response.end(events.closing(refusal, true, this.spreadRetryMs()));
      return;
    }
    this.limit.enter();
    const feeds = channels.map((channel) => this.feeds.acquire(channel));
    const stream = new Stream(response, feeds, this);
    this.add(stream);
    stream.run(starts).catch((error: unknown) => {
      if (this.open.has(stream) && !this.isDraining) {
        this.logger.error('A stream failed', error instanceof Error ? error.stack : String(error));
      }
      stream.destroy();
    });
  }

  /** Why a stream cannot begin: also for what became of the room since `serve` found it. */
  private refusal(channels: readonly Channel[]): events.ClosingReason | undefined {
    if (this.isDraining) {
      return 'shutdown';
    }
    try {
      this.requireRoom(channels);
      return undefined;
    } catch {
      return 'overloaded';
    }
  }

  private requireRoom(channels: readonly Channel[]): void {
    this.limit.requireRoom();
    this.feeds.requireRoom(channels);
  }

  /** Random, so that those who are sent away together do not come back together. */
  private spreadRetryMs(): number {
    const { retryMs } = this.settings;
    return Math.round(retryMs + Math.random() * Math.max(retryMs, SPREAD_MIN_MS));
  }

  private add(stream: Stream): void {
    this.open.add(stream);
    this.beating ??= setInterval(() => this.beat(), this.settings.heartbeatMs / BEATS).unref();
  }

  private beat(): void {
    for (const stream of this.open) {
      stream.beat(BEATS);
    }
  }
}

function startsOf(channels: readonly Channel[], options: StreamOptions): Start[] {
  const { lastEventId, historyCount } = options;
  if (lastEventId !== undefined) {
    return resumeFrom(
      lastEventId,
      channels.map(({ name }) => name),
    );
  }
  return channels.map(() =>
    historyCount > 0 ? { kind: 'newest', count: historyCount } : { kind: 'live' },
  );
}
