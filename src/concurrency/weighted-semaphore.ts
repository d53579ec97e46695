import { overloaded } from '../errors/overloaded.js';

interface Waiter {
  readonly weight: number;
  readonly begin: () => void;
}

/** Bounds the total weight of the work in progress. Further work waits in order. */
export class WeightedSemaphore {
  private readonly waiting = new Set<Waiter>();
  private underWay = 0;

  /**
   * @param maxWeight the most weight in progress at once; heavier work runs alone
   * @param refusal the text of the error for work whose turn does not come in time
   */
  constructor(
    private readonly maxWeight: number,
    private readonly refusal: string,
  ) {}

  /**
   * Takes a turn. The caller must release it.
   * @param maxWaitMs how long to wait for the turn. Default: for ever
   * @returns undefined if the turn comes at once; otherwise a promise that resolves when it comes, or rejects with
   * BirdsongError `overloaded` if it does not come in time
   */
  acquire(weight: number, maxWaitMs?: number): Promise<void> | undefined {
    if (this.waiting.size === 0 && this.hasRoomFor(weight)) {
      this.underWay += weight;
      return undefined;
    }
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const waiter = {
        weight,
        begin: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      this.waiting.add(waiter);
      if (maxWaitMs !== undefined) {
        timer = setTimeout(() => {
          this.waiting.delete(waiter);
          reject(overloaded(this.refusal));
          // It may have been too heavy for the room there was, while those behind it are not.
          this.beginNext();
        }, maxWaitMs);
      }
    });
  }

  /** @param weight as it was acquired */
  release(weight: number): void {
    this.underWay -= weight;
    this.beginNext();
  }

  private beginNext(): void {
    for (const waiter of this.waiting) {
      if (!this.hasRoomFor(waiter.weight)) {
        return;
      }
      this.waiting.delete(waiter);
      this.underWay += waiter.weight;
      waiter.begin();
    }
  }

  private hasRoomFor(weight: number): boolean {
    return this.underWay === 0 || this.underWay + weight <= this.maxWeight;
  }
}
