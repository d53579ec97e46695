import type { Client } from '../access/client.js';
import type { Channel } from '../channels/channel-policies.js';

/** Marks an event that Birdsong itself emits. */
export interface Origin {
  /** Set if the guard has found the channel and the pipes have validated the message, so that neither is repeated. */
  readonly admitted?: Channel | undefined;
  /** Who sends, if limits apply. */
  readonly client?: Client | undefined;
}

/** What the events that request a publish have in common: an outcome. */
export abstract class PublishEvent<Outcome> {
  /**
   * Resolves once the broker has accepted the event's messages, and rejects with the `BirdsongError` that refuses them.
   * It is set from the start, in every listener. An unhandled rejection is harmless. It stays pending if the event is
   * never emitted, or is emitted before Birdsong's module has started.
   */
  readonly outcome: Promise<Outcome>;
  readonly #origin: Origin | undefined;
  #accepted: Outcome | undefined;
  #settle: ((outcome: Promise<Outcome>) => void) | undefined;

  constructor(origin?: Origin) {
    this.#origin = origin;
    this.outcome = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.outcome.catch(() => undefined);
  }

  /** @internal Undefined for an event that the app emitted. */
  get origin(): Origin | undefined {
    return this.#origin;
  }

  protected get accepted(): Outcome | undefined {
    return this.#accepted;
  }

  /** @internal Publishes the first time it is called. */
  publishBy(publish: () => Promise<Outcome>): Promise<Outcome> {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(publish().then((outcome) => (this.#accepted = outcome)));
    return this.outcome;
  }
}
