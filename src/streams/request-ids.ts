import type { MessageEvent } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { NO_POSITIONS, parseCursor } from '../protocol/cursor.js';
import { parsePosition } from '../protocol/position.js';
import { EventIds } from './event-ids.js';

/** The state of the event stream that answers one request. */
export interface RequestStream {
  /** Set by the first Birdsong stream for the request. */
  ids: RequestIds | undefined;
  /** What Nest writes the stream to. */
  response: ServerResponse | undefined;
}

const streams = new WeakMap<IncomingMessage, RequestStream>();

export function streamOf(request: IncomingMessage): RequestStream {
  const known = streams.get(request);
  if (known) {
    return known;
  }
  const stream: RequestStream = { ids: undefined, response: undefined };
  streams.set(request, stream);
  return stream;
}

/** The ids of the events that answer one request, even if the app composes its answer of several streams. */
export class RequestIds {
  /** Where the client is, counting everything emitted for this request. */
  readonly emitted = new EventIds();
  /** The last id on its way to the client, as far as is seen here. */
  private sentId: string | undefined;
  /** The id of the event being emitted, which operators derive events from synchronously. */
  private emittingId: string | undefined;
  /** The last event that was derived from it so far. */
  private held: { event: MessageEvent; next: (event: MessageEvent) => void } | undefined;

  private constructor(
    /** Where the client was when it sent the request. */
    readonly lastEventId: string | undefined,
  ) {}

  static of(request: IncomingMessage, lastEventId: string | undefined): RequestIds {
    const stream = streamOf(request);
    stream.ids ??= new RequestIds(lastEventId);
    return stream.ids;
  }

  /**
   * Where a stream that is subscribed now resumes. After `retry` or `repeat` that is where the client is. A bare
   * position belongs to the channel that was streamed first; other channels begin as on a first connect.
   */
  resumeIdOf(channels: readonly { readonly name: string }[]): string | undefined {
    const id = this.sentId ?? this.lastEventId;
    const isOthers =
      channels.some(({ name }) => !this.emitted.find(name)) && this.emitted.count > 0;
    return isOthers && id !== undefined && parsePosition(id) ? undefined : id;
  }

  /** Notes where a stream begins, even if the client never sees the event that says so. */
  begin(id: string): void {
    this.sentId = id;
  }

  /** Emits an event with this id. What operators make of it at once is passed on before this returns. */
  emit(id: string | undefined, next: () => void): void {
    const outerId = this.emittingId;
    this.emittingId = id;
    try {
      next();
    } finally {
      this.flush();
      this.emittingId = outerId;
    }
  }

  /**
   * Passes an event on with an id: its own if that is a position or a cursor, or else that of the event it was derived
   * from, or else that of the event before it, which leaves the client where it is. Of several events that are derived
   * from one, only the last may say that the client has it. So each is held until the next one comes or `flush`.
   */
  pass(event: MessageEvent, next: (event: MessageEvent) => void): void {
    this.release(undefined);
    if (this.emittingId === undefined || isPlace(event.id)) {
      next(withId(event, this.assign(event.id)));
    } else {
      this.held = { event, next };
    }
  }

  /** Passes on what is held: nothing more comes of the event that is being emitted. */
  flush(): void {
    this.release(this.emittingId);
  }

  /** The id for an event that has `id`, where an event without one brings the client to `derivedId`. */
  assign(id: string | undefined, derivedId?: string): string {
    this.sentId = isPlace(id) ? id : (derivedId ?? this.sentId);
    return this.sentId ?? this.lastEventId ?? NO_POSITIONS;
  }

  private release(derivedId: string | undefined): void {
    const { held } = this;
    if (held) {
      this.held = undefined;
      held.next(withId(held.event, this.assign(held.event.id, derivedId)));
    }
  }
}

function isPlace(id: string | undefined): id is string {
  return id !== undefined && (parsePosition(id) ?? parseCursor(id)) !== undefined;
}

/** Copies field by field, because an event may have getters. */
function withId(event: MessageEvent, id: string): MessageEvent {
  if (event.id === id) {
    return event;
  }
  const { type, data, retry, comment }: Partial<MessageEvent> = event;
  return {
    id,
    data: data as string | object,
    ...(type !== undefined && { type }),
    ...(retry !== undefined && { retry }),
    ...(comment !== undefined && { comment }),
  };
}
