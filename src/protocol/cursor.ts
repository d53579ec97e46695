import type { Position } from './position.js';
import { parsePosition } from './position.js';

/*
 * A cursor holds the positions of several channels: `*`, an epoch, and for each channel `*`, the hash of its name, how
 * much later its epoch is (nothing if it is the same), and its offset, as in `*mgk2d4w0*h_3kQx916.rs*0Zb-w1c.16`. It
 * names channels by hash rather than by index, so that it stays valid when channels are added or removed. All its
 * characters may stand in a URL as they are.
 */
const MARK = '*';
/** The cursor of a client that has no position yet. It begins as if it had sent none. */
export const NO_POSITIONS = MARK;
/** The mark of earlier versions: see `parseOldCursor`. */
const OLD_MARK = '~';
const ENTRY = /^([\w-]{7})([0-9a-z]{0,10})\.([0-9a-z]{1,10})$/;
const EPOCH = /^[0-9a-z]{1,10}$/;
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const KEY_LENGTH = 7;
/** More than a stream of the most channels needs. */
const MAX_LENGTH = 10_000;

/** The positions in a cursor. */
export interface Cursor {
  positionOf(channel: string): Position | undefined;
}

export function hasNoPositions(lastEventId: unknown): boolean {
  return lastEventId === NO_POSITIONS || lastEventId === OLD_MARK;
}

/** The hash that stands for a channel in a cursor, of 42 bits. */
export function cursorKey(channel: string): string {
  let high = fnv1a(channel, 0x811c9dc5) & 0x3ff;
  let low = fnv1a(channel, 0x01000193);
  let key = '';
  for (let count = 0; count < KEY_LENGTH; count++) {
    key += DIGITS.charAt(low & 0x3f);
    low = (low >>> 6) | (high << 26);
    high >>>= 6;
  }
  return key;
}

function fnv1a(text: string, basis: number): number {
  let hash = basis;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  // Mixed once more, because the last characters reach only the low bits.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

/** @param base an epoch that is not later than this position's */
export function cursorEntry(key: string, { epoch, offset }: Position, base: number): string {
  const later = epoch === base ? '' : (epoch - base).toString(36);
  return `${key}${later}.${offset.toString(36)}`;
}

/** @param base as for each of the entries */
export function formatCursor(base: number, entries: readonly string[]): string {
  return entries.length === 0
    ? NO_POSITIONS
    : [MARK, base.toString(36), MARK, entries.join(MARK)].join('');
}

/** Parses a cursor; undefined if the text is not one. */
export function parseCursor(text: string): Cursor | undefined {
  if (!text.startsWith(MARK) || text.length > MAX_LENGTH) {
    return parseOldCursor(text);
  }
  const [base = '', ...entries] = text.slice(MARK.length).split(MARK);
  if (!EPOCH.test(base) || entries.length === 0) {
    return undefined;
  }
  const positions = new Map<string, Position>();
  for (const entry of entries) {
    const [, key = '', later = '', offset = ''] = ENTRY.exec(entry) ?? [];
    const epoch = parseInt(base, 36) + parseInt(`0${later}`, 36);
    // Ten digits in base 36 can exceed what a position may hold.
    const position = parsePosition(`${epoch}-${parseInt(offset, 36)}`);
    if (!position) {
      return undefined;
    }
    positions.set(key, position);
  }
  return { positionOf: (channel) => positions.get(cursorKey(channel)) };
}

/*
 * Earlier versions wrote `~` and, for each channel, a hash of 53 bits, the epoch and the offset, all in base 36, as in
 * `~1k2f9z3m0q1.mgk2d4w0.16_0x3a1b77c2e.mgk2d5aa.3`.
 */
const OLD_ENTRY = /^([0-9a-z]{1,11})\.([0-9a-z]{1,10})\.([0-9a-z]{1,10})$/;

function parseOldCursor(text: string): Cursor | undefined {
  if (!text.startsWith(OLD_MARK) || text.length > MAX_LENGTH) {
    return undefined;
  }
  const positions = new Map<string, Position>();
  for (const entry of text.slice(OLD_MARK.length).split('_')) {
    const [, key = '', epoch = '', offset = ''] = OLD_ENTRY.exec(entry) ?? [];
    const position = parsePosition(`${parseInt(epoch, 36)}-${parseInt(offset, 36)}`);
    if (!position) {
      return undefined;
    }
    positions.set(key, position);
  }
  return { positionOf: (channel) => positions.get(oldCursorKey(channel)) };
}

function oldCursorKey(channel: string): string {
  const high = fnv1a(channel, 0x811c9dc5) & 0x1fffff;
  const low = fnv1a(channel, 0x01000193) >>> 0;
  return (high * 2 ** 32 + low).toString(36);
}
