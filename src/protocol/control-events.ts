import { formatPosition, type Position } from './position.js';

/** Why the server ends a stream. */
export type ClosingReason =
  | 'shutdown'
  | 'overloaded'
  | 'too-many-streams'
  | 'slow-reader'
  | 'token-expired'
  | 'revoked'
  | 'disconnected';

/** What `stream.ready` says about each channel. */
export interface ReadyChannel {
  readonly channel: string;
  /** The channel's newest position at that moment. */
  readonly position: string;
  /** Whether the client resumed and nothing is missing. */
  readonly recovered: boolean;
  /** Whether the client resumed and something is missing. */
  readonly gap: boolean;
}

/** An event that the server itself sends. */
export interface ControlEvent {
  readonly type: 'stream.ready' | 'stream.gap' | 'stream.closing' | 'stream.heartbeat';
  readonly data: object;
  /** Where the client resumes from now on. Absent: unchanged. */
  readonly id?: string;
  /** Milliseconds after which the client reconnects. Absent: unchanged. */
  readonly retry?: number | undefined;
}

/** @param heartbeatSeconds the longest silence: a client that gets nothing for longer has lost its connection */
export const ready = (
  id: string,
  channels: readonly ReadyChannel[],
  heartbeatSeconds: number,
): ControlEvent => ({
  type: 'stream.ready',
  id,
  data: { channels, heartbeatSeconds },
});

export const gap = (
  channel: string,
  { after, oldest }: { after: Position | undefined; oldest: Position | undefined },
): ControlEvent => ({
  type: 'stream.gap',
  data: { channel, after: format(after), oldest: format(oldest) },
});

/** @param retry milliseconds after which to come back, this time only: the next stream sets it again */
export const closing = (
  reason: ClosingReason,
  reconnect: boolean,
  retry?: number,
): ControlEvent => ({ type: 'stream.closing', data: { reason, reconnect }, retry });

/**
 * How silence is broken. A comment is a line that belongs to the block of the next event, because a block of its own
 * would have no data, and some clients hand out such a block as an event. An `EventSource` does not show comments, so
 * a client may ask for an event. It has no id, so the client stays where it is.
 */
export const HEARTBEATS = {
  comment: ':\n',
  event: formatControlEvent({ type: 'stream.heartbeat', data: {} }),
} as const;

export type Heartbeat = keyof typeof HEARTBEATS;

/** The event as SSE text (WHATWG HTML §9.2.5). */
export function formatControlEvent({ type, data, id, retry }: ControlEvent): string {
  const retryLine = retry === undefined ? '' : `retry: ${retry}\n`;
  const idLine = id === undefined ? '' : `id: ${id}\n`;
  return `${retryLine}event: ${type}\n${idLine}data: ${JSON.stringify(data)}\n\n`;
}

function format(position: Position | undefined): string | null {
  return position ? formatPosition(position) : null;
}
