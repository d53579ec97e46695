import { before, type Position } from '../protocol/position.js';

/** Messages after `after` that a reader will never get. The next message it gets follows `resumeAt`. */
export interface Gap {
  /** The reader's last position; `undefined` if it sent something else. */
  readonly after: Position | undefined;
  /** The first message after it that is kept; `undefined` if none is. */
  readonly oldest: Position | undefined;
  readonly resumeAt: Position;
}

/** What a history holds for a reader at some position. */
export interface HistoryState {
  /** Whether every position of the query belongs to this history. */
  readonly isKnown: boolean;
  /** The first message after the reader's position that is kept; `undefined` if none is. */
  readonly next: Position | undefined;
  readonly newest: Position;
  /** Where a reader resumes if nothing is left for it. */
  readonly end: Position;
}

/**
 * The gap rule. Offsets have no holes, so a reader has missed nothing if its position belongs to this history and the
 * next message is either still kept or not yet published.
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
