/** What an engine has to know of the module's options. A class, so that Nest can inject it. */
export abstract class BrokerSettings {
  /** For how many milliseconds at least an idempotency key is remembered: `idempotencySeconds`. */
  abstract readonly idempotencyMs: number;
  /** The largest message in bytes, as JSON with all its members. */
  abstract readonly maxMessageBytes: number;
}
