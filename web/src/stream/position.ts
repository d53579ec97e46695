/** A place in a channel's history, `<epoch>-<offset>`. Offsets count within one epoch only. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

export function parsePosition(text: string): Position | undefined {
  const [, epoch, offset] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  if (epoch === undefined || offset === undefined) return undefined;
  return { epoch, offset: Number(offset) };
}

/** Whether a reader that has seen `last` has seen `position` too: a message there is a repeat. */
export function isSeen(position: Position, last: Position | undefined): boolean {
  return last?.epoch === position.epoch && position.offset <= last.offset;
}

/** Whether `position` is still to come for a reader at `last`; of another history nothing is. */
export function isAhead(position: Position, last: Position | undefined): boolean {
  return last === undefined || (last.epoch === position.epoch && position.offset > last.offset);
}
