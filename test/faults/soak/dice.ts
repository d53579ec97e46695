import { Random } from '../../harness/random.js';

/** Random choices that depend only on a seed. */
export class Dice extends Random {
  /** A whole number, both ends included. */
  whole(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  /** New dice derived from these, whose use does not affect these. */
  another(): Dice {
    return new Dice(this.whole(0, 2 ** 31));
  }

  pick<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.whole(0, items.length - 1)] ?? items[0];
  }
}
