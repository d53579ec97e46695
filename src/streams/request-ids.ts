import type { IncomingMessage } from 'node:http';
import { NO_POSITIONS, parseCursor } from '../protocol/cursor.js';
import { parsePosition } from '../protocol/position.js';
import { EventIds } from './event-ids.js';

/** The state of the event stream that answers one request. */
interface RequestStream {
  /** Set by the first Birdsong stream for the request. */
  ids: RequestIds | undefined;
  /** Sends the client a comment, which is no event. */
  heartbeat: (() => void) | undefined;
}

const streams = new WeakMap<IncomingMessage, RequestStream>();

export function streamOf(request: IncomingMessage): RequestStream {
  const known = streams.get(request);
  if (known) {
    return known;
  }
  const stream: RequestStream = { ids: undefined, heartbeat: undefined };
  streams.set(request, stream);
  return stream;
}

/** The ids of the events that answer one request, even if the app composes its answer of several streams. */
export class RequestIds {
  /** Where the client is, counting everything emitted for this request. */
  readonly emitted = new EventIds();
  /** The last id on its way to the client, as seen by `assign`. */
  private sentId: string | undefined;
  /** The id of the event being emitted. Events that operators derive from it synchronously get this id. */
  private emittingId: string | undefined;

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

  /** Emits an event with this id. */
  emit(id: string | undefined, next: () => void): void {
    this.emittingId = id;
    try {
      next();
    } finally {
      this.emittingId = undefined;
    }
  }

  /**
   * Returns the id for an event on its way to the client: its own if that is a position or a cursor, or else the id of
   * the event it was derived from, or else that of the event before it, which leaves the client where it is.
   */
  assign(id: string | undefined): string {
    const place = id !== undefined && isPlace(id) ? id : this.emittingId;
    this.sentId = place ?? this.sentId;
    return this.sentId ?? this.lastEventId ?? NO_POSITIONS;
  }
}

const isPlace = (id: string): boolean =>
  parsePosition(id) !== undefined || parseCursor(id) !== undefined;
