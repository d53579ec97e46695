import { Injectable, Logger, type MessageEvent } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Observable, share, type Subscriber } from 'rxjs';
import { Revocations, type Revocation } from '../access/revocations.js';
import type { Gap } from '../broker/gap.js';
import { requireNames } from '../channels/channel-name.js';
import type { Channel } from '../channels/channel-policies.js';
import { Stopping } from '../concurrency/stopping.js';
import { BirdsongSettings } from '../config/birdsong-settings.js';
import type { Start } from '../delivery/channel-reader.js';
import { Feeds } from '../delivery/feeds.js';
import { UnsentBytes } from '../delivery/unsent-bytes.js';
import {
  rawRequestOf,
  takeOver,
  type HttpRequest,
  type HttpResponse,
} from '../http/http-request.js';
import { lastEventIdOf } from '../http/last-event-id.js';
import * as events from '../protocol/control-events.js';
import { breakOff, breakOffAtEnd } from './break-off.js';
import { Connections, type ConnectionFilter } from './connections.js';
import { EventIds, type Place } from './event-ids.js';
import { FastLane } from './fast-lane.js';
import { ObservableLane } from './observable-lane.js';
import { endWithResponse, openEventStream } from './open-event-stream.js';
import { RequestIds, streamOf } from './request-ids.js';
import { requireResumable } from './require-resumable.js';
import { startsOf } from './resume.js';
import { Stream, type StreamOptions, type StreamOwner } from './stream.js';
import type { StreamLane } from './stream-lane.js';
import { StreamRegistry } from './stream-registry.js';

/** The shortest period over which clients that are sent away come back. */
const SPREAD_MIN_MS = 1000;
/** The shortest time after which a client with too many streams comes back. */
const MANY_STREAMS_RETRY_MS = 10_000;

/** How a stream is opened. */
export interface StreamSettings extends StreamOptions {
  /** Where a first connect begins in each channel. */
  readonly first: Start;
}

/** Opens event streams, in either lane, and ends them. */
@Injectable()
export class Streams implements StreamOwner {
  readonly connections: Connections;
  private readonly logger = new Logger('Birdsong');

  constructor(
    private readonly feeds: Feeds,
    private readonly unsent: UnsentBytes,
    private readonly registry: StreamRegistry,
    private readonly stopping: Stopping,
    private readonly settings: BirdsongSettings,
    private readonly revocations: Revocations,
  ) {
    this.connections = new Connections(registry);
  }

  get heartbeatSeconds(): number {
    return this.settings.heartbeatMs / 1000;
  }

  get maxUnsentBytes(): number {
    return this.settings.maxUnsentBytes;
  }

  /**
   * The fast lane: writes the stream to this response itself.
   * @throws BirdsongError `invalid-request` for no channel, too many or a duplicate; `overloaded`
   */
  serve(
    channels: readonly Channel[],
    request: HttpRequest,
    response: HttpResponse,
    options: StreamSettings,
  ): void {
    const rawRequest = rawRequestOf(request);
    this.requirePossible(channels, rawRequest);
    const starts = startsOf(channels, lastEventIdOf(request), options.first);
    // Last, because from here on only this stream answers the request.
    const rawResponse = takeOver(response);
    openEventStream(rawRequest, rawResponse, () =>
      this.beginFast(channels, rawResponse, starts, options),
    );
  }

  /**
   * The observable lane: emits the stream to its subscribers, which share it.
   * @throws BirdsongError as `serve`
   */
  stream(
    channels: readonly Channel[],
    request: HttpRequest,
    options: StreamSettings,
  ): Observable<MessageEvent> {
    const raw = rawRequestOf(request);
    this.requirePossible(channels, raw);
    return new Observable<MessageEvent>((subscriber) =>
      this.beginObservable(channels, request, raw, options, subscriber),
    ).pipe(share());
  }

  /** @internal called by the stream */
  gap(stream: Stream, channel: string, gap: Gap): void {
    this.registry.reportGap(stream, channel, gap);
  }

  /** @internal called by the stream */
  closed(stream: Stream): void {
    this.registry.delete(stream);
    for (const feed of stream.feeds) {
      this.feeds.release(feed);
    }
  }

  /** Functions that each end one open stream. */
  closers(): (() => void)[] {
    return [...this.registry.all].map(
      (stream) => () => stream.end('shutdown', true, this.spreadRetryMs()),
    );
  }

  /** Ends the streams whose right was just revoked. Clients that come back all the same are refused. */
  endRevoked({ identity }: Revocation): void {
    const candidates =
      identity === undefined ? this.registry.all : this.registry.ofIdentity(identity);
    for (const stream of candidates) {
      if (stream.identity && this.revocations.cover(stream.identity)) {
        stream.end('revoked', false);
      }
    }
  }

  /** Asks again about the streams that match. One whose rule fails ends too, and is asked about when it comes back. */
  async recheck(filter: ConnectionFilter): Promise<void> {
    await Promise.all(
      this.connections.find(filter).map(async (stream) => {
        try {
          if ((await stream.isStillAllowed?.()) === false) {
            stream.end('revoked', false);
          }
        } catch (error) {
          this.logger.error('An access rule failed', error instanceof Error ? error.stack : error);
          stream.end('disconnected', true);
        }
      }),
    );
  }

  /** Breaks the connections of clients that have not taken the end of their stream. */
  cutOff(): void {
    for (const stream of this.registry.all) {
      stream.destroy();
    }
  }

  private beginFast(
    channels: readonly Channel[],
    response: ServerResponse,
    starts: readonly Start[],
    options: StreamSettings,
  ): void {
    const refusal = this.refusal(channels, options);
    if (refusal) {
      // After an error status, an EventSource would never come back.
      response.write(events.formatControlEvent(refusal));
      breakOff(response);
      return;
    }
    // A part of the first event, but written at once: some proxies send no headers before the first byte.
    response.write(`retry: ${this.settings.retryMs}\n`);
    const ids = new EventIds();
    const places = channels.map(({ name }) => ids.add(name));
    const lane = new FastLane(response, ids, this.unsent);
    const stream = this.open(channels, places, ids, lane, options);
    endWithResponse(stream, response);
    this.run(stream, starts);
  }

  private beginObservable(
    channels: readonly Channel[],
    request: HttpRequest,
    raw: IncomingMessage,
    options: StreamSettings,
    subscriber: Subscriber<MessageEvent>,
  ): (() => void) | undefined {
    const requestIds = RequestIds.of(raw, lastEventIdOf(request));
    const refusal = this.refusal(channels, options);
    if (refusal ?? raw.method === 'HEAD') {
      if (refusal) {
        subscriber.next({ ...refusal, id: requestIds.assign(undefined) } as MessageEvent);
      }
      const { response } = streamOf(raw);
      if (refusal && response) {
        breakOffAtEnd(response);
      }
      subscriber.complete();
      return undefined;
    }
    const ids = requestIds.emitted;
    const starts = startsOf(channels, requestIds.resumeIdOf(channels), options.first);
    const places = channels.map(({ name }, index) => placeOf(name, ids, starts[index]));
    const lane = new ObservableLane(subscriber, raw, requestIds);
    const stream = this.open(channels, places, ids, lane, options);
    this.run(stream, starts, this.settings.retryMs);
    return () => stream.unsubscribed();
  }

  private open(
    channels: readonly Channel[],
    places: readonly Place[],
    ids: EventIds,
    lane: StreamLane,
    options: StreamSettings,
  ): Stream {
    const feeds = channels.map((channel) => this.feeds.acquire(channel));
    const stream = new Stream(feeds, places, ids, lane, options, this);
    this.registry.add(stream);
    return stream;
  }

  private run(stream: Stream, starts: readonly Start[], retryMs?: number): void {
    stream.run(starts, retryMs).catch((error: unknown) => {
      if (this.registry.all.has(stream) && !this.stopping.isStopping) {
        this.logger.error('A stream failed', error instanceof Error ? error.stack : String(error));
      }
      stream.destroy();
    });
  }

  private requirePossible(channels: readonly Channel[], request: IncomingMessage): void {
    requireNames(
      channels.map(({ name }) => name),
      this.settings.maxChannelsPerStream,
    );
    requireResumable(request, channels.length);
    // While stopping, a stream is opened only to tell the client to come back: see `refusal`.
    if (!this.stopping.isStopping) {
      this.requireRoom(channels);
    }
  }

  private requireRoom(channels: readonly Channel[]): void {
    this.registry.requireRoom();
    this.feeds.requireRoom(channels);
  }

  /** Why a stream cannot begin. Checks the room again, because it may have gone since the headers were sent. */
  private refusal(
    channels: readonly Channel[],
    { identity, client }: StreamSettings,
  ): events.ControlEvent | undefined {
    // It may have been revoked since the guard asked.
    if (identity && this.revocations.cover(identity)) {
      return events.closing('revoked', false);
    }
    if (this.stopping.isStopping) {
      return events.closing('shutdown', true, this.spreadRetryMs());
    }
    try {
      this.registry.requireRoomFor({ client, channels });
    } catch {
      return events.closing('too-many-streams', true, this.spreadRetryMs(MANY_STREAMS_RETRY_MS));
    }
    try {
      this.requireRoom(channels);
      return undefined;
    } catch {
      return events.closing('overloaded', true, this.spreadRetryMs());
    }
  }

  /** Random, so that clients that are sent away together do not come back together. */
  private spreadRetryMs(leastMs = 0): number {
    const retryMs = Math.max(this.settings.retryMs, leastMs);
    return Math.round(retryMs + Math.random() * Math.max(retryMs, SPREAD_MIN_MS));
  }
}

/** The place of a channel, shared by all streams of a request. */
function placeOf(channel: string, ids: EventIds, start: Start | undefined): Place {
  const place = ids.find(channel) ?? ids.add(channel);
  if (start?.kind === 'after' && start.position) {
    ids.move(place, start.position);
  }
  return place;
}
