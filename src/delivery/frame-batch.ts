import type { Position } from '../protocol/position.js';
import { toChunk } from './chunk.js';
import type { Frame } from './frame.js';

const NEWLINE = Buffer.from('\n');

/**
 * Bytes beyond which a piece takes no further frame. A stream of several channels moves its cursor with the end of
 * a batch, and a client whose connection breaks before it gets all of the batch again.
 */
const PIECE_BYTES = 4096;

/** Consecutive frames of one channel, at least one, put together once for all who are written them. */
export class FrameBatch {
  readonly first: Position;
  readonly last: Position;
  private bytesLength: number | undefined;
  private joined: Buffer | undefined;
  private joinedFields: Buffer | undefined;
  private joinedChunk: Buffer | undefined;
  private fieldsAsChunk: Buffer | undefined;
  private split: readonly FrameBatch[] | undefined;

  constructor(readonly frames: readonly [Frame, ...Frame[]]) {
    this.first = frames[0].position;
    this.last = (frames.at(-1) ?? frames[0]).position;
  }

  /** How long `bytes` is. */
  get byteCount(): number {
    this.bytesLength ??= this.frames.reduce((sum, { bytes }) => sum + bytes.length, 0);
    return this.bytesLength;
  }

  /** The events, each with its id: for streams of one channel. */
  get bytes(): Buffer {
    this.joined ??=
      this.frames.length === 1
        ? this.frames[0].bytes
        : Buffer.concat(this.frames.map(({ bytes }) => bytes));
    return this.joined;
  }

  /** `bytes` as a chunk of HTTP/1.1. */
  get chunk(): Buffer {
    this.joinedChunk ??= toChunk(this.bytes);
    return this.joinedChunk;
  }

  /** The events without ids, the last one still open: for streams that close it with their cursor. */
  get fields(): Buffer {
    this.joinedFields ??= Buffer.concat(
      this.frames.flatMap(({ fields }, index) => (index === 0 ? [fields] : [NEWLINE, fields])),
    );
    return this.joinedFields;
  }

  /** The same, in batches that end after a few kilobytes. */
  get pieces(): readonly FrameBatch[] {
    this.split ??= this.bytes.length > PIECE_BYTES ? splitUp(this.frames) : [this];
    return this.split;
  }

  /** `fields` as a chunk of HTTP/1.1. */
  get fieldsChunk(): Buffer {
    this.fieldsAsChunk ??= toChunk(this.fields);
    return this.fieldsAsChunk;
  }
}

/** The frames as a batch, or nothing if there are none. */
export function toBatch(frames: readonly Frame[]): FrameBatch | undefined {
  const [first, ...rest] = frames;
  return first ? new FrameBatch([first, ...rest]) : undefined;
}

/** Bytes of a batch of replay, beyond which it takes no further frame: what may wait for its reader. */
const REPLAY_BYTES = 256 * 1024;

/** As many of these frames, from the first, as replay hands to a reader at once. */
export function firstBatch(frames: readonly Frame[]): FrameBatch | undefined {
  return toBatch(firstOf(frames, REPLAY_BYTES));
}

function firstOf(frames: readonly Frame[], enoughBytes: number): readonly Frame[] {
  let count = 0;
  for (let bytes = 0; count < frames.length && bytes < enoughBytes; count++) {
    bytes += frames[count]?.bytes.length ?? 0;
  }
  return count === frames.length ? frames : frames.slice(0, count);
}

function splitUp(frames: readonly Frame[]): readonly FrameBatch[] {
  const pieces: FrameBatch[] = [];
  for (let rest = frames; rest.length > 0;) {
    const piece = toBatch(firstOf(rest, PIECE_BYTES)) as FrameBatch;
    pieces.push(piece);
    rest = rest.slice(piece.frames.length);
  }
  return pieces;
}
