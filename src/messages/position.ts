/**
 * A place in a channel's history. Offsets count 1, 2, 3, … without holes; 0 is the place before the
 * first message. The epoch is the time, in milliseconds, at which this history began: a position of
 * another epoch says nothing about this one.
 */
export interface Position {
  readonly epoch: number;
  readonly offset: number;
}

const FORM = /^(0|[1-9]\d{0,14})-(0|[1-9]\d{0,14})$/;

/** The position that this text writes, or nothing if it writes none. */
export function parsePosition(text: string): Position | undefined {
  const parts = FORM.exec(text);
  return parts ? { epoch: Number(parts[1]), offset: Number(parts[2]) } : undefined;
}

/** `<epoch>-<offset>`: the id of messages and events, and a native Redis stream id. */
export function formatPosition(position: Position): string {
  return `${position.epoch}-${position.offset}`;
}

/**
 * The gap rule. Whether a reader at `asked` has missed messages that history cannot give back:
 * it has not if it is at the newest, or if the next message is still kept.
 *
 * @param oldest the offset of the oldest message kept, `undefined` if none is
 */
export function isGap(asked: Position, newest: Position, oldest: number | undefined): boolean {
  if (asked.epoch !== newest.epoch || asked.offset > newest.offset) {
    return true;
  }
  return asked.offset !== newest.offset && (oldest === undefined || oldest > asked.offset + 1);
}
