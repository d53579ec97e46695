import type { MessageEvent } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { setImmediate as setImmediatePromise } from 'node:timers/promises';
import type { Subscriber } from 'rxjs';
import type { FrameBatch } from '../delivery/frame-batch.js';
import { HEARTBEATS, type ControlEvent, type Heartbeat } from '../protocol/control-events.js';
import { DEFAULT_TYPE } from '../protocol/message.js';
import { breakOffAtEnd } from './break-off.js';
import type { Place } from './event-ids.js';
import { watchProgress } from './progress.js';
import { streamOf, type RequestIds } from './request-ids.js';
import type { StreamLane } from './stream-lane.js';

/** The most bytes to emit in one turn of the event loop, before operators and Nest get to write them. */
const BYTES_PER_TURN = 256 * 1024;
/** What an event takes in addition to its message. */
const EVENT_BYTES = 512;

/** Where Nest writes: a socket, or the stream of an HTTP/2 request. */
interface Outlet {
  readonly destroyed?: boolean;
  readonly writableLength?: number;
  readonly writableHighWaterMark?: number;
  once(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

/**
 * Emits events one by one to the subscriber. What waits between here and the socket cannot be seen, and Nest keeps all
 * of it. So nothing is emitted while the socket is full.
 */
export class ObservableLane implements StreamLane {
  readonly holdsUnsent = false;
  private readonly outlet: Outlet;
  private emittedBytes = 0;
  private draining: Promise<boolean> | undefined;

  constructor(
    private readonly subscriber: Subscriber<MessageEvent>,
    private readonly request: IncomingMessage,
    private readonly requestIds: RequestIds,
  ) {
    // HTTP/2 has a stream for each request. On HTTP/1.1 a response may wait behind another one on its socket; Express
    // keeps it with the request.
    const { stream, res } = request as { stream?: Outlet; res?: Outlet };
    this.outlet = stream ?? res ?? request.socket;
  }

  /** Only what waits in the socket: readers pause before more than that waits. */
  get unsentBytes(): number {
    return this.outlet.destroyed ? 0 : (this.outlet.writableLength ?? 0);
  }

  /** Gives each event an exact id, because Nest would otherwise number it. */
  write({ frames }: FrameBatch, place: Place): boolean {
    const { emitted: ids } = this.requestIds;
    for (const frame of frames) {
      const message = frame.decode();
      const { type } = message;
      ids.move(place, frame.position);
      this.emit(
        { id: ids.id, ...(type !== DEFAULT_TYPE && { type }), data: message },
        frame.bytes.length,
      );
    }
    return !this.isFull();
  }

  send({ type, data, id, retry }: ControlEvent): void {
    if (type === 'stream.ready') {
      this.requestIds.begin(this.requestIds.emitted.id);
    }
    this.emit({
      id: id ?? this.requestIds.emitted.id,
      type,
      data,
      ...(retry !== undefined && { retry }),
    });
  }

  heartbeat(kind: Heartbeat): void {
    const { response } = streamOf(this.request);
    // Bypasses the subscriber, because the app's operators may drop it, or expect only messages. Nest writes each event
    // at once, so a heartbeat never comes inside one.
    if (response?.headersSent && !response.writableEnded) {
      response.write(HEARTBEATS[kind]);
    }
  }

  isFull(): boolean {
    return this.emittedBytes >= BYTES_PER_TURN || this.isOutletFull();
  }

  drained(): Promise<boolean> {
    this.draining ??= this.drain().finally(() => (this.draining = undefined));
    return this.draining;
  }

  watch(ms: number, onStall: () => void): void {
    const { response } = streamOf(this.request);
    if (response) {
      watchProgress(response, ms, onStall);
    }
  }

  end(reconnect: boolean): void {
    const { response } = streamOf(this.request);
    if (reconnect && response) {
      breakOffAtEnd(response);
    }
    this.subscriber.complete();
  }

  destroy(): void {
    this.request.destroy();
  }

  private emit(event: MessageEvent, bytes = 0): void {
    if (this.emittedBytes === 0) {
      setImmediate(() => (this.emittedBytes = 0));
    }
    this.emittedBytes += bytes + EVENT_BYTES;
    this.requestIds.emit(event.id, () => this.subscriber.next(event));
  }

  private isOutletFull(): boolean {
    const { writableLength = 0, writableHighWaterMark = Infinity } = this.outlet;
    return writableLength >= writableHighWaterMark;
  }

  private async drain(): Promise<boolean> {
    await setImmediatePromise();
    const isSlow = this.isOutletFull();
    if (isSlow) {
      await onceAny(this.outlet, ['drain', 'close']);
    }
    return isSlow;
  }
}

function onceAny(outlet: Outlet, events: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      events.forEach((event) => outlet.off(event, settle));
      resolve();
    };
    events.forEach((event) => outlet.once(event, settle));
  });
}
