import type { Identity } from '../channels/policy.js';
import type { ClosingReason } from '../protocol/control-events.js';

/** Why a stream ended: the reason in `stream.closing`, or `client-left`. */
export type StreamEndReason = ClosingReason | 'client-left';

/** A stream has ended. Emitted on the node that held it. */
export class StreamEndedEvent {
  static readonly NAME = 'birdsong.stream-ended';

  /** @param openSeconds how long the stream was open, with fractions */
  constructor(
    readonly reason: StreamEndReason,
    readonly channels: readonly string[],
    readonly identity: Identity | undefined,
    readonly openSeconds: number,
  ) {}
}
