import { formatPosition, type Position } from './position.js';

/** Why the server ends a stream. */
export type ClosingReason = 'shutdown' | 'overloaded' | 'slow-reader' | 'token-expired' | 'revoked';

/** What `stream.ready` says of each channel. */
export interface ReadyChannel {
  readonly channel: string;
  readonly position: string;
  readonly recovered: boolean;
  readonly gap: boolean;
}

/** At once, so that `onopen` fires: when to reconnect, and a comment. */
export const preamble = (retryMs: number): string => `retry: ${retryMs}\n: welcome\n\n`;

export const HEARTBEAT = ':\n\n';

export const ready = (id: string, channels: readonly ReadyChannel[]): string =>
  event('stream.ready', { channels }, `id: ${id}\n`);

export const gap = (
  channel: string,
  { after, oldest }: { after: Position | undefined; oldest: Position | undefined },
): string => event('stream.gap', { channel, after: format(after), oldest: format(oldest) });

/** @param retryMs when to come back, if not after what `preamble` said; the next stream says it anew */
export const closing = (reason: ClosingReason, reconnect: boolean, retryMs?: number): string =>
  (retryMs === undefined ? '' : `retry: ${retryMs}\n`) +
  event('stream.closing', { reason, reconnect });

function event(type: string, data: object, id = ''): string {
  return `event: ${type}\n${id}data: ${JSON.stringify(data)}\n\n`;
}

function format(position: Position | undefined): string | null {
  return position ? formatPosition(position) : null;
}
