import { overloaded } from '../errors/overloaded.js';

interface Turn {
  readonly weight: number;
  readonly begin: () => void;
}

/** Lets no more through at the same time than this, in the order in which they came. */
export class Turns {
  private readonly waiting = new Set<Turn>();
  private underWay = 0;

  /**
   * @param most the weight of those that are under way, together; a heavier one goes alone
   * @param refusal what is said to those whose turn does not come in time
   */
  constructor(
    private readonly most: number,
    private readonly refusal: string,
  ) {}

  /**
   * Each that has had its turn has to give it back.
   * @param mostWaitMs how long it waits for its turn; for ever unless given
   * @returns a promise that resolves when it has its turn, and rejects with BirdsongError `overloaded` if that does
   * not come in time; nothing if it has it now
   */
  take(weight: number, mostWaitMs?: number): Promise<void> | undefined {
    if (this.waiting.size === 0 && this.hasRoomFor(weight)) {
      this.underWay += weight;
      return undefined;
    }
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const turn = {
        weight,
        begin: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      this.waiting.add(turn);
      if (mostWaitMs !== undefined) {
        timer = setTimeout(() => {
          this.waiting.delete(turn);
          reject(overloaded(this.refusal));
          // It may have been too heavy for the room there was, and those behind it are not.
          this.beginNext();
        }, mostWaitMs);
      }
    });
  }

  /** @param weight as it was taken */
  give(weight: number): void {
    this.underWay -= weight;
    this.beginNext();
  }

  private beginNext(): void {
    for (const turn of this.waiting) {
      if (!this.hasRoomFor(turn.weight)) {
        return;
      }
      this.waiting.delete(turn);
      this.underWay += turn.weight;
      turn.begin();
    }
  }

  private hasRoomFor(weight: number): boolean {
    return this.underWay === 0 || this.underWay + weight <= this.most;
  }
}
