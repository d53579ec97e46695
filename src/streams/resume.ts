import type { Channel } from '../channels/channel-policies.js';
import type { Start } from '../delivery/channel-reader.js';
import { parseCursor } from '../protocol/cursor.js';
import { parsePosition } from '../protocol/position.js';

/**
 * Where a stream begins in each of its channels.
 * @param lastEventId where the client says it is; undefined for a first connect
 * @param first where a first connect begins
 */
export function startsOf(
  channels: readonly Pick<Channel, 'name'>[],
  lastEventId: string | undefined,
  first: Start,
): Start[] {
  if (lastEventId !== undefined) {
    return resumeFrom(
      lastEventId,
      channels.map(({ name }) => name),
    );
  }
  return channels.map(() => first);
}

/** Where a client with this Last-Event-ID resumes in each channel. */
export function resumeFrom(lastEventId: string, channels: readonly string[]): Start[] {
  const cursor = parseCursor(lastEventId);
  if (cursor) {
    return channels.map((channel) => {
      const position = cursor.positionOf(channel);
      // A channel that is not in the cursor has been added since.
      return position ? { kind: 'after', position } : { kind: 'live' };
    });
  }
  const position = channels.length === 1 ? parsePosition(lastEventId) : undefined;
  return channels.map(() => ({ kind: 'after', position }));
}
