import { Random } from '../../harness/random.js';

/** Choices that follow from a seed alone. */
export class Dice extends Random {
  /** A whole number, both ends included. */
  whole(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  /** Whose choices follow from these, and do not change them further. */
  another(): Dice {
    return new Dice(this.whole(0, 2 ** 31));
  }

  pick<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.whole(0, items.length - 1)] ?? items[0];
  }
}
