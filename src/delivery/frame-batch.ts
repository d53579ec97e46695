import type { Position } from '../protocol/position.js';
import { toChunk } from './chunk.js';
import type { Frame } from './frame.js';

const NEWLINE = Buffer.from('\n');

/**
 * Bytes beyond which a piece takes no further frame. A stream of several channels moves its cursor at the end of a
 * piece, so a client whose connection breaks before that gets the whole piece again.
 */
const PIECE_BYTES = 4096;

/** Consecutive frames of one channel, at least one, joined once for all the streams they are written to. */
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

  /** The length of `bytes`, without building them. */
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

  /** The events without ids, the last one unfinished: for streams that finish it with their cursor. */
  get fields(): Buffer {
    this.joinedFields ??= Buffer.concat(
      this.frames.flatMap(({ fields }, index) => (index === 0 ? [fields] : [NEWLINE, fields])),
    );
    return this.joinedFields;
  }

  /** The same frames in batches of a few kilobytes. */
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

/** The frames as a batch; undefined if there are none. */
export function toBatch(frames: readonly Frame[]): FrameBatch | undefined {
  const [first, ...rest] = frames;
  return first ? new FrameBatch([first, ...rest]) : undefined;
}

/** Bytes beyond which a replayed batch takes no further frame. They may all wait for the reader. */
const REPLAY_BYTES = 256 * 1024;

/** The first of these frames, as many as a reader is given at once during replay. */
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
