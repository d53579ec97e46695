/**
 * A place in a channel's history. Offsets count 1, 2, 3, … without holes; 0 is the place before the first message. The
 * epoch is the time, in milliseconds since 1970, at which this history began, or at which the broker continued it after
 * it may have lost messages. Later epochs are greater, so the positions of a channel are in order.
 */
export interface Position {
  readonly epoch: number;
  readonly offset: number;
}

const FORM = /^(0|[1-9]\d{0,14})-(0|[1-9]\d{0,14})$/;

/** Parses a position; undefined if the text is not one. */
export function parsePosition(text: string): Position | undefined {
  const parts = FORM.exec(text);
  return parts ? { epoch: Number(parts[1]), offset: Number(parts[2]) } : undefined;
}

/** `<epoch>-<offset>`: the id of messages and events, and also a valid Redis stream id. */
export function formatPosition(position: Position): string {
  return `${position.epoch}-${position.offset}`;
}

/** Whether `position` comes after `other`. */
export function isAfter(position: Position, other: Position): boolean {
  return position.epoch === other.epoch
    ? position.offset > other.offset
    : position.epoch > other.epoch;
}

export function isSame(one: Position, other: Position): boolean {
  return one.epoch === other.epoch && one.offset === other.offset;
}

/** The place right before the message at this position. */
export function before({ epoch, offset }: Position): Position {
  return { epoch, offset: offset - 1 };
}
