import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { toTextChunk } from '../delivery/chunk.js';
import type { FrameBatch } from '../delivery/frame-batch.js';
import type { UnsentBytes } from '../delivery/unsent-bytes.js';
import {
  formatControlEvent,
  HEARTBEATS,
  type ControlEvent,
  type Heartbeat,
} from '../protocol/control-events.js';
import { breakOff } from './break-off.js';
import { directSocket } from './direct-socket.js';
import type { EventIds, Place } from './event-ids.js';
import { watchProgress } from './progress.js';
import type { StreamLane } from './stream-lane.js';

/**
 * Bytes of messages between two cursors, for each channel in the cursor: 16 times the size of its entry, so that
 * cursors are only a small part of what is sent.
 */
const BYTES_PER_CURSOR_ENTRY = 560;

/** Writes to the response itself, with the same bytes of each message for all streams. */
export class FastLane implements StreamLane {
  readonly holdsUnsent = true;
  private draining: Promise<boolean> | undefined;
  /** Takes messages, as chunks that all streams share. Everything else is written to the response. */
  private readonly socket: Socket | undefined;

  /** @param response a response whose headers have been sent */
  constructor(
    private readonly response: ServerResponse,
    private readonly ids: EventIds,
    private readonly unsent: UnsentBytes,
  ) {
    this.socket = directSocket(response);
  }

  get unsentBytes(): number {
    return this.response.writableLength;
  }

  write(batch: FrameBatch, place: Place): boolean {
    const { response } = this;
    // If something else has ended the response, the socket may by now serve another one.
    const socket = response.writableEnded ? undefined : this.socket;
    if (this.ids.count > 1) {
      return this.writeWithCursors(batch, place, socket);
    }
    const shared = socket ? batch.chunk : batch.bytes;
    return (socket ?? response).write(shared) || this.wait(shared);
  }

  send(event: ControlEvent): void {
    this.response.write(formatControlEvent(event));
  }

  heartbeat(kind: Heartbeat): void {
    this.response.write(HEARTBEATS[kind]);
  }

  /** Does not use `writableNeedDrain`, which HTTP/2 lacks. */
  isFull(): boolean {
    return this.response.writableLength >= this.response.writableHighWaterMark;
  }

  /** Shares one promise among all callers. It also resolves when the response closes. */
  drained(): Promise<boolean> {
    this.draining ??= new Promise((resolve) => {
      const outlet = this.socket ?? this.response;
      const settle = () => {
        this.draining = undefined;
        outlet.off('drain', settle);
        this.response.off('close', settle);
        resolve(true);
      };
      outlet.once('drain', settle);
      this.response.once('close', settle);
    });
    return this.draining;
  }

  watch(ms: number, onStall: () => void): void {
    watchProgress(this.response, ms, onStall);
  }

  end(reconnect: boolean): void {
    if (reconnect) {
      breakOff(this.response);
    } else {
      this.response.end();
    }
  }

  destroy(): void {
    this.response.destroy();
  }

  private writeWithCursors(batch: FrameBatch, place: Place, socket: Socket | undefined): boolean {
    const outlet = socket ?? this.response;
    let takesMore = true;
    let bytes = 0;
    outlet.cork();
    for (const piece of batch.pieces) {
      const shared = socket ? piece.fieldsChunk : piece.fields;
      bytes += shared.length;
      this.ids.move(place, piece.last);
      const isDue = piece.last === batch.last || bytes >= this.ids.count * BYTES_PER_CURSOR_ENTRY;
      const end = isDue ? `id: ${this.ids.id}\n\n` : '\n';
      // As a Buffer, to keep it out of V8's heap.
      const own = Buffer.from(socket ? toTextChunk(end) : end);
      bytes = isDue ? 0 : bytes;
      outlet.write(shared);
      takesMore = outlet.write(own) || this.wait(shared, own);
    }
    outlet.uncork();
    return takesMore;
  }

  /** Counts what the socket has not taken, until it has taken everything. */
  private wait(...written: Buffer[]): false {
    for (const bytes of this.isFull() ? written : []) {
      if (this.unsent.add(this, bytes, bytes.length)) {
        void this.drained().then(() => this.unsent.release(this));
      }
    }
    return false;
  }
}
