import type { IncomingMessage } from 'node:http';
import { NO_POSITIONS, parseCursor } from '../protocol/cursor.js';
import { parsePosition } from '../protocol/position.js';
import { EventIds } from './event-ids.js';

const ofRequests = new WeakMap<IncomingMessage, RequestIds>();
const heartbeatListeners = new WeakMap<IncomingMessage, () => void>();

/**
 * Hears of the heartbeats for this request's stream. They do not pass the app's operators, which may drop them or expect
 * messages.
 */
export function onHeartbeat(request: IncomingMessage, listener: () => void): void {
  heartbeatListeners.set(request, listener);
}

/** The stream has been silent for long: its client is to be sent something. */
export function heartbeat(request: IncomingMessage): void {
  heartbeatListeners.get(request)?.();
}

/** The ids of the events that answer one request, whichever streams an app composes its answer of. */
export class RequestIds {
  /** Where the client is, by all that was emitted for this request. */
  readonly emitted = new EventIds();
  /** The last id on its way to the client, behind all operators that were seen. */
  private sentId: string | undefined;
  /** The id of the event that is being emitted: what operators make of it at once, they make of that. */
  private emittingId: string | undefined;

  private constructor(
    /** Where the client was when it asked. */
    readonly lastEventId: string | undefined,
  ) {}

  static of(request: IncomingMessage, lastEventId: string | undefined): RequestIds {
    const known = ofRequests.get(request);
    const ids = known ?? new RequestIds(lastEventId);
    ofRequests.set(request, ids);
    return ids;
  }

  /** Nothing for a request that no stream of Birdsong answers. */
  static find(request: IncomingMessage): RequestIds | undefined {
    return ofRequests.get(request);
  }

  /**
   * Where a stream that is subscribed now resumes: `retry` and `repeat` go on where the client is. A position is that
   * of the channel that was streamed first; others begin as on a first connect.
   */
  resumeIdOf(channels: readonly { readonly name: string }[]): string | undefined {
    const id = this.sentId ?? this.lastEventId;
    const isOthers =
      channels.some(({ name }) => !this.emitted.find(name)) && this.emitted.count > 0;
    return isOthers && id !== undefined && parsePosition(id) ? undefined : id;
  }

  /** A stream begins: the client is here, even should it never see the event that says so. */
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
   * The id for an event on its way to the client: its own, if it says where the client is, or that of the event it was
   * made of; otherwise that of the event before it, which moves nothing.
   */
  pass(id: string | undefined): string {
    const place = id !== undefined && isPlace(id) ? id : this.emittingId;
    this.sentId = place ?? this.sentId;
    return this.sentId ?? this.lastEventId ?? NO_POSITIONS;
  }
}

const isPlace = (id: string): boolean =>
  parsePosition(id) !== undefined || parseCursor(id) !== undefined;
