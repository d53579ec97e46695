import type { BirdsongError } from '../errors/birdsong-error.js';
import { tooManySends } from '../errors/too-many-sends.js';
import type { Charge, Rate } from './charge.js';

/** Below this many accounts, none is looked for that could be forgotten. */
const MIN_SWEEP_COUNT = 1000;
/** Rounding must not refuse what is just within a rate. */
const TOLERANCE_MS = 0.1;

/** When the quota of each rate will be whole again, in milliseconds of this process. */
type WholeAt = Record<Rate['name'], number>;

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
    const wholeAt = known ?? { sends: 0, bytes: 0, 'new-channels': 0 };
    const taken = rates.filter((rate) => isNewChannel || rate.name !== 'new-channels');
    for (const rate of taken) {
      const { name, cost, quota, quotaMs } = rate;
      const usedMs = Math.max(0, wholeAt[name] - now);
      const waitMs = usedMs + (Math.min(cost, quota) / quota - 1) * quotaMs;
      if (waitMs > TOLERANCE_MS) {
        return tooManySends(rate, waitMs);
      }
    }
    for (const { name, cost, quota, quotaMs } of taken) {
      wholeAt[name] = Math.max(wholeAt[name], now) + (cost / quota) * quotaMs;
    }
    if (!known) {
      this.accounts.set(account, wholeAt);
      this.sweep(now);
    }
    return undefined;
  }

  /** Forgets accounts that have used nothing, when there are twice as many as were left the last time. */
  private sweep(now: number): void {
    if (this.accounts.size < this.sweepCount) {
      return;
    }
    for (const [account, wholeAt] of this.accounts) {
      if (Math.max(...Object.values(wholeAt)) <= now) {
        this.accounts.delete(account);
      }
    }
    this.sweepCount = Math.max(MIN_SWEEP_COUNT, 2 * this.accounts.size);
  }
}
