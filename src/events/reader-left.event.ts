import type { Identity } from '../channels/policy.js';

/** A stream no longer reads a channel. Emitted on the node that held the stream, for each of its channels. */
export class ReaderLeftEvent {
  static readonly NAME = 'birdsong.reader-left';

  /** @param last whether the channel now has no reader on this node */
  constructor(
    readonly channel: string,
    readonly identity: Identity | undefined,
    readonly last: boolean,
  ) {}
}
