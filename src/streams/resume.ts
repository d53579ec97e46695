import type { Start } from '../delivery/channel.reader.js';
import { cursorKey, parseCursor } from '../protocol/cursor.js';
import { parsePosition } from '../protocol/position.js';

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
