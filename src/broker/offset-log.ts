/**
 * Items at consecutive offsets: appended at the newest end, dropped at the oldest, found by offset.
 * Every operation takes constant time, amortised.
 */
export class OffsetLog<T> {
  private items: (T | undefined)[] = [];
  private dropped = 0;

  /** @param next the offset of the first item that will be appended */
  constructor(private next: number) {}

  get count(): number {
    return this.items.length - this.dropped;
  }

  /** The offset of the oldest item; when empty, of the next one. */
  get first(): number {
    return this.next - this.count;
  }

  /** The offset of the newest item; when empty, the one before the next. */
  get last(): number {
    return this.next - 1;
  }

  get oldest(): T | undefined {
    return this.items[this.dropped];
  }

  append(item: T): void {
    this.items.push(item);
    this.next++;
  }

  /** Puts items before the oldest; the last of them is at offset `first - 1`. */
  prepend(items: readonly T[]): void {
    this.items = [...items, ...this.items.slice(this.dropped)];
    this.dropped = 0;
  }

  dropOldest(): void {
    this.items[this.dropped++] = undefined;
    if (this.dropped > 32 && this.dropped * 2 > this.items.length) {
      this.items = this.items.slice(this.dropped);
      this.dropped = 0;
    }
  }

  /** The items from offset `from` to `to`, both included, as far as they are here. */
  range(from: number, to: number = this.last): readonly T[] {
    const start = this.dropped + Math.max(0, from - this.first);
    const end = this.dropped + Math.max(0, to - this.first + 1);
    return this.items.slice(start, end) as T[];
  }
}
