import type { Identity } from '../channels/policy.js';
import type { ClosingReason } from '../protocol/control-events.js';

/** Why a stream ended: what `stream.closing` says, or the client left. */
export type StreamEndReason = ClosingReason | 'client-left';

/** A stream has ended. Emitted on the node that held it. */
export class StreamEndedEvent {
  static readonly NAME = 'birdsong.stream-ended';

  /** @param openSeconds for how long it was open, with fractions */
  constructor(
    readonly reason: StreamEndReason,
    readonly channels: readonly string[],
    readonly identity: Identity | undefined,
    readonly openSeconds: number,
  ) {}
}
