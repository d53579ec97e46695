import type { Position } from '../messages/position.js';
import { parsePosition } from '../messages/position.js';
import type { Start } from '../channels/channel.reader.js';

/*
 * A cursor holds the positions of several channels: `~` and, for each, the hash of the channel's name, the
 * epoch and the offset in base 36, as in `~1k2f9z.mgk2d4w0.16_0x3a1b.mgk2d5aa.3`. A hash instead of a
 * number of place, so that it keeps its worth when channels are added or removed.
 */
const MARK = '~';
const ENTRY = /^[0-9a-z]{1,7}\.[0-9a-z]{1,10}\.[0-9a-z]{1,10}$/;
/** Longer than a stream of a thousand channels needs. */
const MAX_LENGTH = 32_768;

/** What a cursor says of each channel, by the channel's hash. */
type Cursor = ReadonlyMap<string, Position>;

/** The part of a cursor that never changes for a channel. */
export function cursorKey(channel: string): string {
  // FNV-1a, 32 bit: short, and two of a stream's channels share one about once in a billion.
  let hash = 0x811c9dc5;
  for (let index = 0; index < channel.length; index++) {
    hash = Math.imul(hash ^ channel.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(36);
}

export function cursorEntry(key: string, { epoch, offset }: Position): string {
  return `${key}.${epoch.toString(36)}.${offset.toString(36)}`;
}

export function formatCursor(entries: Iterable<string>): string {
  return MARK + [...entries].join('_');
}

/** Where a client that sends this Last-Event-ID continues in each channel. */
export function resumeFrom(lastEventId: string, channels: readonly string[]): Start[] {
  const cursor = parseCursor(lastEventId);
  if (cursor) {
    return channels.map((channel) => {
      const position = cursor.get(cursorKey(channel));
      // A channel that the cursor does not know has been added since.
      return position ? { kind: 'after', position } : { kind: 'live' };
    });
  }
  const position = channels.length === 1 ? parsePosition(lastEventId) : undefined;
  return channels.map(() => ({ kind: 'after', position }));
}

function parseCursor(text: string): Cursor | undefined {
  if (!text.startsWith(MARK) || text.length > MAX_LENGTH) {
    return undefined;
  }
  const cursor = new Map<string, Position>();
  for (const entry of text.slice(MARK.length).split('_')) {
    if (!ENTRY.test(entry)) {
      return undefined;
    }
    const [key = '', epoch = '', offset = ''] = entry.split('.');
    cursor.set(key, { epoch: parseInt(epoch, 36), offset: parseInt(offset, 36) });
  }
  return cursor;
}
