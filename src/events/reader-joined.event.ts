import type { Identity } from '../channels/policy.js';

/** A stream has begun to read a channel. Emitted on the node that holds the stream, for each of its channels. */
export class ReaderJoinedEvent {
  static readonly NAME = 'birdsong.reader-joined';

  /** @param first whether it is the channel's only reader on this node */
  constructor(
    readonly channel: string,
    readonly identity: Identity | undefined,
    readonly first: boolean,
  ) {}
}
