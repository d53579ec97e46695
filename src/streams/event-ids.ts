import { cursorEntry, cursorKey, formatCursor } from '../protocol/cursor.js';
import { formatPosition, type Position } from '../protocol/position.js';

/** Where a client is in one channel. */
export interface Place {
  readonly channel: string;
  /** The last message it was given; unknown until its reader has begun. */
  position: Position | undefined;
  /** Its parts of the cursor, once they are needed: what never changes, and all of it. */
  key: string | undefined;
  entry: string | undefined;
}

/** Where a client is in all channels it is streamed: what the ids of its events say. */
export class EventIds {
  private readonly places: Place[] = [];

  /** @param position where the client says that it is */
  add(channel: string, position?: Position): Place {
    const place: Place = { channel, position, key: undefined, entry: undefined };
    this.places.push(place);
    return place;
  }

  find(channel: string): Place | undefined {
    return this.places.find((place) => place.channel === channel);
  }

  get count(): number {
    return this.places.length;
  }

  move(place: Place, position: Position): void {
    place.position = position;
    place.entry = undefined;
  }

  /** The id of an event that brings the client to where it is now: a position, or the cursor of several channels. */
  get id(): string {
    const [only] = this.places;
    return this.places.length === 1 && only?.position
      ? formatPosition(only.position)
      : formatCursor(this.places.flatMap(entryOf));
  }
}

function entryOf(place: Place): string[] {
  if (!place.position) {
    return [];
  }
  place.key ??= cursorKey(place.channel);
  place.entry ??= cursorEntry(place.key, place.position);
  return [place.entry];
}
