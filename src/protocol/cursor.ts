import type { Position } from './position.js';
import { parsePosition } from './position.js';

/*
 * A cursor holds the positions of several channels: `~` and, for each channel, the hash of its name, the epoch and the
 * offset in base 36, as in `~1k2f9z3m0q1.mgk2d4w0.16_0x3a1b77c2e.mgk2d5aa.3`. It names channels by hash rather than by
 * index, so that it stays valid when channels are added or removed.
 */
const MARK = '~';
/** The cursor of a client that has no position yet. It begins as if it had sent none. */
export const NO_POSITIONS = MARK;
const ENTRY = /^[0-9a-z]{1,11}\.[0-9a-z]{1,10}\.[0-9a-z]{1,10}$/;
/** More than a stream of the most channels needs. */
const MAX_LENGTH = 10_000;

/** The positions in a cursor, by the hash of the channel's name. */
export type Cursor = ReadonlyMap<string, Position>;

/** The hash that stands for a channel in a cursor, of 53 bits. */
export function cursorKey(channel: string): string {
  const high = fnv1a(channel, 0x811c9dc5) & 0x1fffff;
  const low = fnv1a(channel, 0x01000193) >>> 0;
  return (high * 2 ** 32 + low).toString(36);
}

function fnv1a(text: string, basis: number): number {
  let hash = basis;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  // Mixed once more, because the last characters reach only the low bits.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

export function cursorEntry(key: string, { epoch, offset }: Position): string {
  return `${key}.${epoch.toString(36)}.${offset.toString(36)}`;
}

export function formatCursor(entries: Iterable<string>): string {
  return MARK + [...entries].join('_');
}

/** Parses a cursor; undefined if the text is not one. */
export function parseCursor(text: string): Cursor | undefined {
  if (!text.startsWith(MARK) || text.length > MAX_LENGTH) {
    return undefined;
  }
  const cursor = new Map<string, Position>();
  for (const entry of text.slice(MARK.length).split('_')) {
    if (!ENTRY.test(entry)) {
      return undefined;
    }
    const [key = '', epoch = '', offset = ''] = entry.split('.');
    // Ten digits in base 36 can exceed what a position may hold.
    const position = parsePosition(`${parseInt(epoch, 36)}-${parseInt(offset, 36)}`);
    if (!position) {
      return undefined;
    }
    cursor.set(key, position);
  }
  return cursor;
}
