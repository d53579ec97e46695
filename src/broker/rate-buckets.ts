import type { BirdsongError } from '../errors/birdsong-error.js';
import { tooManySends } from '../errors/too-many-sends.js';
import type { Charge, Rate } from './charge.js';

/** Below this many accounts, none is looked for that could be forgotten. */
const MIN_SWEEP_COUNT = 1000;
/** Rounding must not refuse what is just within a rate. */
const TOLERANCE_MS = 0.1;

/** When the quota of a rate will be whole again, in milliseconds of this process. */
type WholeAt = Map<Rate['name'], number>;

/** The rates of clients, as this process knows them: token buckets, each kept as the time at which it is full. */
export class RateBuckets {
  private readonly accounts = new Map<string, WholeAt>();
  private sweepCount = MIN_SWEEP_COUNT;

  /**
   * Takes the whole charge, or nothing.
   * @returns why it was refused; undefined if it was taken
   */
  take({ account, rates }: Charge, isNewChannel: boolean): BirdsongError | undefined {
    // Not the time of day, which may be set back.
    const now = performance.now();
    const known = this.accounts.get(account);
    const next: WholeAt = new Map(known);
    for (const rate of rates) {
      const { name, cost, quota, quotaMs } = rate;
      if (rate.isForNewChannel && !isNewChannel) {
        continue;
      }
      const from = Math.max(known?.get(name) ?? 0, now);
      const waitMs = from - now + (Math.min(cost, quota) / quota - 1) * quotaMs;
      if (waitMs > TOLERANCE_MS) {
        return tooManySends(rate, waitMs);
      }
      next.set(name, from + (cost / quota) * quotaMs);
    }
    this.accounts.set(account, next);
    this.sweep(now);
    return undefined;
  }

  /** Forgets accounts that have used nothing, when there are twice as many as were left the last time. */
  private sweep(now: number): void {
    if (this.accounts.size < this.sweepCount) {
      return;
    }
    for (const [account, wholeAt] of this.accounts) {
      if ([...wholeAt.values()].every((at) => at <= now)) {
        this.accounts.delete(account);
      }
    }
    this.sweepCount = Math.max(MIN_SWEEP_COUNT, 2 * this.accounts.size);
  }
}
