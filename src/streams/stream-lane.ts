import type { FrameBatch } from '../delivery/frame-batch.js';
import type * as events from '../protocol/control-events.js';
import type { Place } from './event-ids.js';

/** How the events of one stream reach its client. */
export interface StreamLane {
  /** Whether unsent bytes may wait in this lane. If not, readers pause as soon as it is full. */
  readonly holdsUnsent: boolean;
  /** The bytes that wait for the client to take them. */
  readonly unsentBytes: number;
  /** @returns whether more can be written right now */
  write(batch: FrameBatch, place: Place): boolean;
  send(event: events.ControlEvent): void;
  /** Breaks the silence without sending an event. */
  heartbeat(kind: events.Heartbeat): void;
  isFull(): boolean;
  /** Resolves once the client takes more or is gone, with whether it was slow. */
  drained(): Promise<boolean>;
  /** Calls back once the client has taken nothing for this long, in milliseconds. 0 ends the watch. */
  watch(ms: number, onStall: () => void): void;
  /** @param reconnect whether the client shall come back */
  end(reconnect: boolean): void;
  /** Breaks the connection. The client resumes by its Last-Event-ID. */
  destroy(): void;
}
