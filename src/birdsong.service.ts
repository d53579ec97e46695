import { Injectable, type MessageEvent } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { endOf, HistoryService } from './history/history.service.js';
import { Observers } from './streams/observers.js';
import type { Message } from './protocol/message.js';
import type { Content, NewMessage, Receipt, SendOptions } from './publishing/new-message.event.js';
import { formatPosition, parsePosition, type Position } from './protocol/position.js';
import { PublishingService } from './publishing/publishing.service.js';
import { BirdsongError } from './errors/birdsong.error.js';
import { ChannelPolicies } from './channels/channel-policies.js';
import { lastEventIdOf, rawRequestOf, responseOf, type HttpRequest } from './http/http-request.js';
import { Streams } from './streams/streams.js';

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

export interface ServeOptions {
  /** With how many of the newest messages of each channel a first connect begins. Default 0. */
  readonly history?: number | undefined;
  /** The response, where the adapter does not keep it with its request (Fastify's reply). */
  readonly response?: unknown;
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
   * For an `@Sse()` handler to return: streams these channels to the client of this request, which resumes
   * by its Last-Event-ID. Guards, pipes and the handler itself decide before it; the observable emits
   * nothing, as frames are written to the response at once, the same bytes for every reader.
   *
   * @throws BirdsongError `invalid-channel` or `unknown-channel`
   */
  stream(
    channels: string | readonly string[],
    request: HttpRequest,
    options: ServeOptions = {},
  ): Observable<MessageEvent> {
    const names = typeof channels === 'string' ? [channels] : channels;
    return this.streams.serve(
      names.map((name) => this.policies.require(name)),
      rawRequestOf(request),
      responseOf(request, options.response),
      { lastEventId: lastEventIdOf(request), historyCount: options.history ?? 0 },
    );
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
}

function requirePosition(text: string): Position {
  const position = parsePosition(text);
  if (!position) {
    throw new BirdsongError('invalid-request', 'A position is <epoch>-<offset>.');
  }
  return position;
}
