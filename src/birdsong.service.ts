import { Injectable, type MessageEvent } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { endOf, HistoryService } from './history/history.service.js';
import { Observers } from './streams/observers.js';
import type { Message } from './protocol/message.js';
import type { Content, NewMessage, Receipt, SendOptions } from './publishing/new-message.event.js';
import { formatPosition, parsePosition, type Position } from './protocol/position.js';
import { PublishingService } from './publishing/publishing.service.js';
import { BirdsongError } from './errors/birdsong-error.js';
import { ChannelPolicies, type Channel } from './channels/channel-policies.js';
import type { Identity } from './channels/policy.js';
import type { HttpRequest, HttpResponse } from './http/http-request.js';
import type { Connections } from './streams/connections.js';
import { Streams, type StreamSettings } from './streams/streams.js';

export interface HistoryOptions {
  /** Only messages behind this position, the oldest first. */
  readonly after?: string | undefined;
  /** Only messages before this position. */
  readonly before?: string | undefined;
  /** At most this many, 1 to 1000, and fewer if they are large. Default 50. */
  readonly limit?: number | undefined;
}

export interface History {
  readonly messages: readonly Message[];
  /** Where to go on: the position of the last message. */
  readonly position: string;
  /** Whether messages behind `after` are no longer kept. */
  readonly gap: boolean;
}

export interface StreamOptions {
  /** With how many of the newest messages of each channel a first connect begins. Default 0. */
  readonly history?: number | undefined;
  /** Whose stream it is, for `connections`. Default: nobody's. */
  readonly identity?: Identity | undefined;
}

/** What an app does with messages itself. None of it asks the policies who may: the app decides. */
@Injectable()
export class Birdsong {
  constructor(
    private readonly policies: ChannelPolicies,
    private readonly publishing: PublishingService,
    private readonly reader: HistoryService,
    private readonly observers: Observers,
    private readonly streams: Streams,
  ) {}

  /** The open streams of this node: whose they are, and an end to them. */
  get connections(): Connections {
    return this.streams.connections;
  }

  /**
   * Publishes a message. Resolves once the broker has it.
   * @throws BirdsongError `broker-unavailable` (retry with the same `idempotencyKey`), or as the
   * channel's policy refuses it
   */
  publish(
    channel: string,
    data: unknown,
    options: Omit<NewMessage, 'channel' | 'data'> = {},
  ): Promise<Receipt> {
    return this.publishing.send({ ...options, channel, data });
  }

  /**
   * Publishes up to 1000 messages, all or none, at consecutive positions.
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
   * For an `@Sse()` handler to return: streams these channels to the client of this request, which resumes by its
   * Last-Event-ID. Emits the messages with their ids and types, with `data` as a `Message`, and events of the server's
   * own: `stream.ready`, `stream.gap`, `stream.closing`. Filter, map and merge them as you like: events that lose their
   * id, or never had one, get that of the event before them.
   *
   * Subscribe to it as often as you like: all who are subscribed at the same time share one stream. It completes when
   * the server sends the client away.
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
   * For a `@Get()` handler with `@Res()`: the same stream, written to the response at once, the same bytes for every
   * reader. What stands before the handler works as on any route; what is thrown here has its status.
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
   * A channel's messages from now on, or from behind a position: for handlers that filter or map for each
   * reader. Where messages are lost, a message of type `stream.gap` with data `{ after, oldest }` says so.
   * Completes when the app shuts down.
   *
   * @throws BirdsongError `invalid-channel`, `unknown-channel` or `invalid-request`
   */
  observe(channel: string, options: { after?: string | undefined } = {}): Observable<Message> {
    const found = this.policies.require(channel);
    const position = options.after === undefined ? undefined : requirePosition(options.after);
    return this.observers.observe(found, position);
  }

  /** @throws BirdsongError `broker-unavailable`, or `invalid-request` for a wrong position or limit */
  async history(channel: string, options: HistoryOptions = {}): Promise<History> {
    const after = options.after === undefined ? undefined : requirePosition(options.after);
    const before = options.before === undefined ? undefined : requirePosition(options.before);
    const { limit = 50 } = options;
    if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
      throw new BirdsongError('invalid-request', 'A limit is a whole number from 1 to 1000.');
    }
    const page = await this.reader.read(this.policies.require(channel), { after, before, limit });
    return {
      messages: page.messages.map(({ json }) => JSON.parse(json) as Message),
      position: formatPosition(endOf(page, after)),
      gap: page.gap !== undefined,
    };
  }

  private channelsOf(names: string | readonly string[]): Channel[] {
    return (typeof names === 'string' ? [names] : names).map((name) => this.policies.require(name));
  }
}

function settingsOf({ history = 0, identity }: StreamOptions): StreamSettings {
  return { historyCount: history, identity };
}

function requirePosition(text: string): Position {
  const position = parsePosition(text);
  if (!position) {
    throw new BirdsongError('invalid-request', 'A position is <epoch>-<offset>.');
  }
  return position;
}
