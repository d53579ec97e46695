import type { Position } from './position.js';
import { parsePosition } from './position.js';

/*
 * A cursor holds the positions of several channels: `~` and, for each, the hash of the channel's name, the
 * epoch and the offset in base 36, as in `~1k2f9z3m0q1.mgk2d4w0.16_0x3a1b77c2e.mgk2d5aa.3`. A hash instead of a
 * number of place, so that it keeps its worth when channels are added or removed.
 */
const MARK = '~';
/** The cursor of a client that is nowhere yet: it begins as if it had none. */
export const NO_POSITIONS = MARK;
const ENTRY = /^[0-9a-z]{1,11}\.[0-9a-z]{1,10}\.[0-9a-z]{1,10}$/;
/** Longer than a stream of as many channels as are allowed needs. */
const MAX_LENGTH = 10_000;

/** What a cursor says of each channel, by the channel's hash. */
export type Cursor = ReadonlyMap<string, Position>;

/** The part of a cursor that never changes for a channel: a hash of 53 bits. */
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
  // Mixed once more: the last characters reach only the low bits.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

export function cursorEntry(key: string, { epoch, offset }: Position): string {
  return `${key}.${epoch.toString(36)}.${offset.toString(36)}`;
}

export function formatCursor(entries: Iterable<string>): string {
  return MARK + [...entries].join('_');
}

/** The cursor that this text writes, or nothing if it writes none. */
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
    // Ten digits of base 36 hold more than a position may.
    const position = parsePosition(`${parseInt(epoch, 36)}-${parseInt(offset, 36)}`);
    if (!position) {
      return undefined;
    }
    cursor.set(key, position);
  }
  return cursor;
}
