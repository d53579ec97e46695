/** The module's options that an engine needs. It is a class so that Nest can inject it. */
export abstract class BrokerSettings {
  /** How long an engine must remember an idempotency key, in milliseconds: the option `idempotencySeconds`. */
  abstract readonly idempotencyMs: number;
  /** The largest message in bytes, as JSON with all its members. */
  abstract readonly maxMessageBytes: number;
}
