import { overloaded } from '../errors/overloaded.js';

interface Waiter {
  readonly weight: number;
  readonly begin: () => void;
}

/** Bounds the weight of what is under way at the same time; the rest waits in the order in which it came. */
export class WeightedSemaphore {
  private readonly waiting = new Set<Waiter>();
  private underWay = 0;

  /**
   * @param maxWeight the weight of those that are under way, together; a heavier one goes alone
   * @param refusal what is said to those whose turn does not come in time
   */
  constructor(
    private readonly maxWeight: number,
    private readonly refusal: string,
  ) {}

  /**
   * Each that has had its turn has to give it back.
   * @param maxWaitMs how long it waits for its turn; for ever unless given
   * @returns a promise that resolves when it has its turn, and rejects with BirdsongError `overloaded` if that does
   * not come in time; nothing if it has it now
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
          // It may have been too heavy for the room there was, and those behind it are not.
          this.beginNext();
        }, maxWaitMs);
      }
    });
  }

  /** @param weight as it was taken */
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
