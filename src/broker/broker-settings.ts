/** The module's options that an engine needs. It is a class so that Nest can inject it. */
export abstract class BrokerSettings {
  /** How long an engine must remember an idempotency key, in milliseconds: the option `idempotencySeconds`. */
  abstract readonly idempotencyMs: number;
  /**
   * How long a channel without new messages keeps its position, in milliseconds, or as long as its history if that is
   * longer: the option `keepPositionsSeconds`. A reader that comes back later is told of a gap.
   */
  abstract readonly keepPositionsMs: number;
  /** The largest message in bytes, as JSON with all its members. */
  abstract readonly maxMessageBytes: number;
}
