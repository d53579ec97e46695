import type { Identity } from '../channels/policy.js';

/** A stream no longer reads a channel. Emitted on the node that held the stream, for each of its channels. */
export class ReaderLeftEvent {
  static readonly NAME = 'birdsong.reader-left';

  /** @param last whether the channel has no reader on this node any more */
  constructor(
    readonly channel: string,
    readonly identity: Identity | undefined,
    readonly last: boolean,
  ) {}
}
