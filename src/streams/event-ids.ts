import { cursorEntry, cursorKey, formatCursor } from '../protocol/cursor.js';
import { formatPosition, type Position } from '../protocol/position.js';

/** Where a client is in one channel. */
export interface Place {
  readonly channel: string;
  /** The position of the last message it was given; undefined until its reader has begun. */
  position: Position | undefined;
  /** The channel's part of the cursor: the constant key, and the whole entry. Both are computed when needed. */
  key: string | undefined;
  entry: string | undefined;
}

/** A client's positions in all channels of its stream, from which the ids of its events are made. */
export class EventIds {
  private readonly places: Place[] = [];
  /** The earliest epoch of all positions: cursors give the others by how much later they are. */
  private baseEpoch = Infinity;

  add(channel: string): Place {
    const place: Place = { channel, position: undefined, key: undefined, entry: undefined };
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
    if (position.epoch < this.baseEpoch) {
      this.baseEpoch = position.epoch;
      this.places.forEach((other) => (other.entry = undefined));
    }
  }

  /** The id that stands for where the client is now: a position, or a cursor for several channels. */
  get id(): string {
    const [only] = this.places;
    return this.places.length === 1 && only?.position
      ? formatPosition(only.position)
      : formatCursor(
          this.baseEpoch,
          this.places.flatMap((place) => this.entryOf(place)),
        );
  }

  private entryOf(place: Place): string[] {
    if (!place.position) {
      return [];
    }
    place.key ??= cursorKey(place.channel);
    place.entry ??= cursorEntry(place.key, place.position, this.baseEpoch);
    return [place.entry];
  }
}
