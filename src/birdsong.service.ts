import { Injectable, type MessageEvent } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { endOf, HistoryService } from './history/history.service.js';
import { Observers } from './streams/observers.js';
import type { Message } from './protocol/message.js';
import type { Content, NewMessage, Receipt, SendOptions } from './publishing/new-message.event.js';
import { formatPosition, parsePosition, type Position } from './protocol/position.js';
import { Moderation } from './moderation/moderation.service.js';
import { PublishingService } from './publishing/publishing.service.js';
import { BirdsongError } from './errors/birdsong-error.js';
import { ChannelPolicies, type Channel } from './channels/channel-policies.js';
import type { Identity } from './channels/policy.js';
import type { HttpRequest, HttpResponse } from './http/http-request.js';
import { Rights, type RevocationTarget } from './rights/rights.service.js';
import type { ConnectionFilter, Connections, EndOptions } from './streams/connections.js';
import { firstStart, type StartOptions } from './streams/start-options.js';
import { Streams, type StreamSettings } from './streams/streams.js';

export interface HistoryOptions {
  /** Only messages after this position, oldest first. Default: the newest messages. */
  readonly after?: string | undefined;
  /** Only messages before this position. */
  readonly before?: string | undefined;
  /** The most messages, 1 to 1000; fewer come if they are large. Default 50. */
  readonly limit?: number | undefined;
}

export interface History {
  readonly messages: readonly Message[];
  /** Where to read on: pass it as `after`. */
  readonly position: string;
  /** Whether messages after `after` are no longer kept. */
  readonly gap: boolean;
}

export interface StreamOptions extends StartOptions {
  /**
   * How silence is broken: by a comment, which an `EventSource` does not show, or by an event `stream.heartbeat`. Default
   * `comment`.
   */
  readonly heartbeat?: 'comment' | 'event' | undefined;
  /** Whose stream it is, for `connections`. Default: no identity. */
  readonly identity?: Identity | undefined;
}

/** The API for an app's own code. It never asks the policies' access rules: the app itself decides who may. */
@Injectable()
export class Birdsong {
  constructor(
    private readonly policies: ChannelPolicies,
    private readonly publishing: PublishingService,
    private readonly reader: HistoryService,
    private readonly observers: Observers,
    private readonly streams: Streams,
    private readonly rights: Rights,
    /** Edits and deletes messages. */
    readonly moderation: Moderation,
  ) {}

  /** Lists and ends the open streams of this node. */
  get connections(): Connections {
    return this.streams.connections;
  }

  /**
   * Publishes a message. Resolves once the broker has it.
   * @throws BirdsongError `invalid-channel`, `unknown-channel`, `invalid-request`, `invalid-data`, `message-too-large`,
   * `shutting-down`, or `broker-unavailable` (retry with the same `idempotencyKey`)
   */
  publish(
    channel: string,
    data: unknown,
    options: Omit<NewMessage, 'channel' | 'data'> = {},
  ): Promise<Receipt> {
    return this.publishing.send({ ...options, channel, data });
  }

  /**
   * Publishes 1 to 1000 messages at consecutive positions: all of them or none.
   * @throws BirdsongError as `publish`
   */
  publishBatch(
    channel: string,
    messages: readonly Content[],
    options: SendOptions = {},
  ): Promise<readonly Receipt[]> {
    return this.publishing.sendBatch({ ...options, channel, messages });
  }

  /**
   * Streams these channels to the client of this request, which resumes by its Last-Event-ID. Return it from an
   * `@Sse()` handler. It emits messages with their ids and types, `data` being the `Message`, and the server's own
   * events `stream.ready`, `stream.gap` and `stream.closing`. Filter, map and merge it as you like: an event without an
   * id gets the id of the event before it.
   *
   * Concurrent subscribers share one stream. It completes when the server sends the client away.
   *
   * @throws BirdsongError `invalid-channel`, `unknown-channel`, `invalid-request` for more channels than allowed,
   * `overloaded`
   */
  stream(
    channels: string | readonly string[],
    request: HttpRequest,
    options: StreamOptions = {},
  ): Observable<MessageEvent> {
    return this.streams.stream(this.channelsOf(channels), request, settingsOf(options));
  }

  /**
   * Writes the same stream to the response itself, with the same bytes for every reader. Call it from a `@Get()`
   * handler with `@Res()`. Guards, pipes and interceptors before the handler work as on any route, and an error thrown
   * here still gets its own status.
   *
   * @throws BirdsongError as `stream`
   */
  serve(
    channels: string | readonly string[],
    request: HttpRequest,
    response: HttpResponse,
    options: StreamOptions = {},
  ): void {
    this.streams.serve(this.channelsOf(channels), request, response, settingsOf(options));
  }

  /**
   * A channel's messages from now on, or after a position, for an app's own code. Where messages are lost, it emits a
   * message of type `stream.gap` with data `{ after, oldest }`. Edits and deletions come as messages of the types
   * `stream.edited`, `stream.deleted` and `stream.cleared`. It completes when the app shuts down.
   *
   * @throws BirdsongError `invalid-channel`, `unknown-channel`, or `invalid-request` for a malformed position
   */
  observe(channel: string, options: { after?: string | undefined } = {}): Observable<Message> {
    const found = this.policies.require(channel);
    const position = options.after === undefined ? undefined : requirePosition(options.after);
    return this.observers.observe(found, position);
  }

  /**
   * Reads a page of a channel's history.
   * @throws BirdsongError `invalid-channel`, `unknown-channel`, `invalid-request` for a malformed position or limit,
   * `broker-unavailable`, or `overloaded`
   */
  async history(channel: string, options: HistoryOptions = {}): Promise<History> {
    const after = options.after === undefined ? undefined : requirePosition(options.after);
    const before = options.before === undefined ? undefined : requirePosition(options.before);
    const { limit = 50 } = options;
    if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
      throw new BirdsongError(
        'invalid-request',
        'The limit must be a whole number from 1 to 1000.',
      );
    }
    const page = await this.reader.read(this.policies.require(channel), { after, before, limit });
    return {
      messages: page.messages.map(({ json }) => JSON.parse(json) as Message),
      position: formatPosition(endOf(page, after)),
      gap: page.gap !== undefined,
    };
  }

  /**
   * Refuses everything that was issued to an identity until now, or one token or ticket, on all nodes and for a year, and
   * ends its streams with the reason `revoked`. Resolves once the broker has it; other nodes know it within moments.
   * @throws BirdsongError `invalid-request` unless exactly one is named; `broker-unavailable` if only this node knows it,
   * which goes on trying to tell the others
   */
  revoke(target: RevocationTarget): Promise<void> {
    return this.rights.revoke(target);
  }

  /**
   * Ends open streams, on all nodes, by default with the reason `disconnected` and so that clients come back.
   * @throws BirdsongError `invalid-request` for an empty filter; `broker-unavailable`
   */
  disconnect(filter: ConnectionFilter, options?: EndOptions): Promise<void> {
    return this.rights.disconnect(filter, options);
  }

  /**
   * Asks the access rules again about open streams of Birdsong's own routes, on all nodes, and ends those that are no
   * longer allowed with the reason `revoked`.
   * @throws BirdsongError `invalid-request` for an empty filter; `broker-unavailable`
   */
  recheck(filter: ConnectionFilter): Promise<void> {
    return this.rights.recheck(filter);
  }

  private channelsOf(names: string | readonly string[]): Channel[] {
    return (typeof names === 'string' ? [names] : names).map((name) => this.policies.require(name));
  }
}

function settingsOf({ heartbeat = 'comment', identity, ...start }: StreamOptions): StreamSettings {
  return { first: firstStart(start), heartbeat, identity };
}

function requirePosition(text: string): Position {
  const position = parsePosition(text);
  if (!position) {
    throw new BirdsongError('invalid-request', 'A position has the form <epoch>-<offset>.');
  }
  return position;
}
