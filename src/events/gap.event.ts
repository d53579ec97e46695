import type { Identity } from '../channels/policy.js';

/** A reader was told of a gap, as `stream.gap` says it. Emitted on the node that holds its stream. */
export class GapEvent {
  static readonly NAME = 'birdsong.gap';

  /**
   * @param after the position that the reader has; undefined if what it sent is none
   * @param oldest the first message behind it that is kept; undefined if none is
   */
  constructor(
    readonly channel: string,
    readonly after: string | undefined,
    readonly oldest: string | undefined,
    readonly identity: Identity | undefined,
  ) {}
}
