/** A position as the wire writes it: `<epoch>-<offset>`. Shares nothing with the server, which it is there to prove. */
export interface Place {
  readonly epoch: number;
  readonly offset: number;
}

/** @throws Error if the text is no position */
export function placeOf(text: string): Place {
  const parts = /^(\d+)-(\d+)$/.exec(text);
  if (!parts) throw new Error(`no position: ${text}`);
  return { epoch: Number(parts[1]), offset: Number(parts[2]) };
}

/** Negative if `left` is before `right`: by epoch, then by offset. */
export function compare(left: Place, right: Place): number {
  return left.epoch - right.epoch || left.offset - right.offset;
}
