/**
 * Items at consecutive offsets: appended at the newest end, dropped at the oldest, found by offset. Appending and
 * dropping take constant time, amortised.
 */
export class OffsetLog<T> {
  private items: (T | undefined)[] = [];
  private dropped = 0;

  /** @param next the offset of the first item to append */
  constructor(private next: number) {}

  get count(): number {
    return this.items.length - this.dropped;
  }

  /** The offset of the oldest item. When empty, that of the next item. */
  get first(): number {
    return this.next - this.count;
  }

  /** The offset of the newest item. When empty, the one before the next item. */
  get last(): number {
    return this.next - 1;
  }

  get oldest(): T | undefined {
    return this.items[this.dropped];
  }

  /** The item at this offset; undefined if the log does not have it. */
  at(offset: number): T | undefined {
    return this.items[this.dropped + offset - this.first];
  }

  /** Puts another item in the place of one that the log has. */
  replace(offset: number, item: T): void {
    this.items[this.dropped + offset - this.first] = item;
  }

  append(item: T): void {
    this.items.push(item);
    this.next++;
  }

  /** Puts items before the oldest. The last of them gets the offset `first - 1`. */
  prepend(items: readonly T[]): void {
    this.items = [...items, ...this.items.slice(this.dropped)];
    this.dropped = 0;
  }

  dropOldest(): void {
    this.items[this.dropped++] = undefined;
    if (this.count === 0) {
      this.clear();
    } else if (this.dropped > 32 && this.dropped * 2 > this.items.length) {
      this.items = this.items.slice(this.dropped);
      this.dropped = 0;
    }
  }

  /** Drops everything. */
  clear(): void {
    this.items = [];
    this.dropped = 0;
  }

  /** The items from offset `from` to `to`, both included, as far as the log has them. */
  range(from: number, to: number = this.last): readonly T[] {
    const start = this.dropped + Math.max(0, from - this.first);
    const end = this.dropped + Math.max(0, to - this.first + 1);
    return this.items.slice(start, end) as T[];
  }
}
