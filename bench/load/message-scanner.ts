import { AT_DIGITS, AT_MARK, SEQ_DIGITS, SEQ_MARK } from '../payload.js';

/** Called with each message, in the order of the bytes. */
export interface MessageSink {
  message(seq: number, bytes: Buffer, atStart: number): void;
}

const MARK = Buffer.from(AT_MARK);
const SEQ_START = MARK.length + AT_DIGITS + SEQ_MARK.length;
const FIELD_BYTES = SEQ_START + SEQ_DIGITS;
const QUOTE = 0x22;
const ZERO = 0x30;

/** The distance between two messages of a chunk, if they are as long as the last two seen were. */
let stride = 0;

/**
 * Finds every message in a stream of bytes by the fields `at` and `seq` at the end of its payload, and reads the number
 * of each. It looks for the mark where the last distance between two messages puts it, and searches where it is not
 * there: a message that this skipped would count as missed. Chunked framing is not decoded: a server writes a payload
 * in one piece, and what cuts it at the edge of a chunk of ours is put together again.
 */
export class MessageScanner {
  private rest: Buffer | undefined;

  constructor(private readonly sink: MessageSink) {}

  take(bytes: Buffer, length: number): void {
    let from = this.rest === undefined ? 0 : this.takeRest(this.rest, bytes, length);
    for (;;) {
      const start = this.find(bytes, from, length);
      if (start < 0 || start + FIELD_BYTES > length) {
        this.keep(bytes, start < 0 ? beginningOfMark(bytes, from, length) : start, length);
        return;
      }
      this.report(bytes, start);
      from = start + FIELD_BYTES;
    }
  }

  private find(bytes: Buffer, from: number, length: number): number {
    const guess = from - FIELD_BYTES + stride;
    if (from > 0 && guess >= from && guess + FIELD_BYTES <= length && isMark(bytes, guess)) {
      return guess;
    }
    // Bytes after `length` are left over from an earlier read.
    if (length - from < MARK.length) return -1;
    const found = bytes.indexOf(MARK, from);
    if (found < 0 || found + MARK.length > length) return -1;
    if (from > 0) stride = found - from + FIELD_BYTES;
    return found;
  }

  /** Joins what was kept with the beginning of these bytes. @returns where to continue in them */
  private takeRest(rest: Buffer, bytes: Buffer, length: number): number {
    this.rest = undefined;
    const joined = Buffer.concat([rest, bytes.subarray(0, Math.min(length, FIELD_BYTES))]);
    if (length <= FIELD_BYTES) {
      this.take(joined, joined.length);
      return length;
    }
    const start = joined.indexOf(MARK);
    if (start < 0 || start >= rest.length) return 0;
    this.report(joined, start);
    return start + FIELD_BYTES - rest.length;
  }

  private report(bytes: Buffer, start: number): void {
    let seq = 0;
    const seqStart = start + SEQ_START;
    for (let index = seqStart; index < seqStart + SEQ_DIGITS; index += 1) {
      seq = seq * 10 + ((bytes[index] ?? 0) - ZERO);
    }
    this.sink.message(seq, bytes, start + MARK.length);
  }

  private keep(bytes: Buffer, start: number, length: number): void {
    // A copy, because all readers share the buffer.
    if (start < length) this.rest = Buffer.from(bytes.subarray(start, length));
  }
}

/** Where at the end a mark begins that the next bytes may complete, or the end. */
function beginningOfMark(bytes: Buffer, from: number, length: number): number {
  for (let start = Math.max(from, length - MARK.length + 1); start < length; start += 1) {
    let at = start;
    while (at < length && bytes[at] === MARK[at - start]) at += 1;
    if (at === length) return start;
  }
  return length;
}

function isMark(bytes: Buffer, at: number): boolean {
  // `"at":"`
  return (
    bytes[at] === QUOTE &&
    bytes[at + 1] === 0x61 &&
    bytes[at + 2] === 0x74 &&
    bytes[at + 3] === QUOTE &&
    bytes[at + 4] === 0x3a &&
    bytes[at + 5] === QUOTE
  );
}

export function readAtUs(bytes: Buffer, start: number): number {
  let us = 0;
  for (let index = start; index < start + AT_DIGITS; index += 1) {
    us = us * 10 + ((bytes[index] ?? 0) - ZERO);
  }
  return us;
}
