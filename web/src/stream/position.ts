/** A place in a channel's history, `<epoch>-<offset>`. A later epoch comes after every earlier one. */
export interface Position {
  readonly epoch: number;
  readonly offset: number;
}

export function parsePosition(text: string): Position | undefined {
  const [, epoch, offset] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  if (epoch === undefined || offset === undefined) return undefined;
  return { epoch: Number(epoch), offset: Number(offset) };
}

/** Whether a reader that has seen `last` has seen `position` too: a message there is a repeat. */
export function isSeen(position: Position, last: Position | undefined): boolean {
  return last !== undefined && !isAhead(position, last);
}

/** Whether a reader at `last` has yet to see `position`. */
export function isAhead(position: Position, last: Position | undefined): boolean {
  if (last === undefined || position.epoch > last.epoch) return true;
  return position.epoch === last.epoch && position.offset > last.offset;
}
