import { formatPosition, type Position } from './position.js';

/** Why the server ends a stream. */
export type ClosingReason = 'shutdown' | 'overloaded' | 'slow-reader' | 'token-expired' | 'revoked';

/** What `stream.ready` says of each channel. */
export interface ReadyChannel {
  readonly channel: string;
  /** The channel's newest position at that moment. */
  readonly position: string;
  /** Whether a resume was asked for, and nothing is missing. */
  readonly recovered: boolean;
  /** Whether a resume was asked for, and something is missing. */
  readonly gap: boolean;
}

/** An event of the server's own. */
export interface ControlEvent {
  readonly type: 'stream.ready' | 'stream.gap' | 'stream.closing';
  readonly data: object;
  /** Where the client resumes; absent: where it resumed before. */
  readonly id?: string;
  /** Milliseconds after which the client reconnects; absent: as it was told before. */
  readonly retry?: number | undefined;
}

export const ready = (id: string, channels: readonly ReadyChannel[]): ControlEvent => ({
  type: 'stream.ready',
  id,
  data: { channels },
});

export const gap = (
  channel: string,
  { after, oldest }: { after: Position | undefined; oldest: Position | undefined },
): ControlEvent => ({
  type: 'stream.gap',
  data: { channel, after: format(after), oldest: format(oldest) },
});

/** @param retry milliseconds after which to come back, this once: the next stream says it anew */
export const closing = (
  reason: ClosingReason,
  reconnect: boolean,
  retry?: number,
): ControlEvent => ({ type: 'stream.closing', data: { reason, reconnect }, retry });

/** The event as it stands in a stream (WHATWG HTML §9.2.5). */
export function formatControlEvent({ type, data, id, retry }: ControlEvent): string {
  const retryLine = retry === undefined ? '' : `retry: ${retry}\n`;
  const idLine = id === undefined ? '' : `id: ${id}\n`;
  return `${retryLine}event: ${type}\n${idLine}data: ${JSON.stringify(data)}\n\n`;
}

function format(position: Position | undefined): string | null {
  return position ? formatPosition(position) : null;
}
