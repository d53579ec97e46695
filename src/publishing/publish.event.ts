import type { Channel } from '../channels/channel-policies.js';

/** Where a publish comes from, if it is Birdsong that emits its event. */
export interface Origin {
  /** Where the guard has found the channel and the pipes have checked the form, so that nobody does it again. */
  readonly admitted?: Channel | undefined;
}

/** What the events of a publish have in common: an outcome. */
export abstract class PublishEvent<Outcome> {
  /**
   * What became of it: resolves once the broker has it, and rejects with the `BirdsongError` that refuses it. It is
   * there from the start, in every listener. A rejection that nobody handles is harmless. Of an event that is never
   * emitted, or before Birdsong's module has started, it stays pending.
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

  /** @internal Undefined for an event of the app's own making. */
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
