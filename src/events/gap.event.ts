import type { Identity } from '../channels/policy.js';

/** A reader was told of a gap by `stream.gap`. Emitted on the node that holds its stream. */
export class GapEvent {
  static readonly NAME = 'birdsong.gap';

  /**
   * @param after the reader's last position; undefined if it sent something else
   * @param oldest the first message after it that is kept; undefined if none is
   */
  constructor(
    readonly channel: string,
    readonly after: string | undefined,
    readonly oldest: string | undefined,
    readonly identity: Identity | undefined,
  ) {}
}
