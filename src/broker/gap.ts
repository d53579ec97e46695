import { before, type Position } from '../protocol/position.js';

/** Messages behind `after` that a reader will never get. What it gets next follows `resumeAt`. */
export interface Gap {
  /** The last position it has, `undefined` if what it claims to have is none. */
  readonly after: Position | undefined;
  /** The first message that is kept behind it, `undefined` if none is. */
  readonly oldest: Position | undefined;
  readonly resumeAt: Position;
}

/** What a history has for a reader who is at some position. */
export interface HistoryState {
  /** Whether every position of the query is a place in this history. */
  readonly isKnown: boolean;
  /** The first message that is kept behind it, `undefined` if none is. */
  readonly next: Position | undefined;
  readonly newest: Position;
  /** The place behind all that there is. */
  readonly end: Position;
}

/**
 * The gap rule. Offsets have no holes, so a reader has missed nothing if its position is a place in this history,
 * and the next message is still kept or there is none.
 */
export function gapBehind(
  after: Position | undefined,
  { isKnown, next, newest, end }: HistoryState,
): Gap | undefined {
  const follows = next?.offset ?? newest.offset + 1;
  if (isKnown && (after === undefined || follows === after.offset + 1)) {
    return undefined;
  }
  return { after, oldest: next, resumeAt: next ? before(next) : end };
}
