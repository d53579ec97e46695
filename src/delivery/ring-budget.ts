/** Something that can give memory back to a budget. */
export interface Shrinkable {
  /** Drops its oldest item and returns how many bytes that freed; 0 if it is empty. */
  dropOldest(): number;
}

/**
 * Bounds the bytes that all rings of a node keep together. Beyond the bound, the least recently used ring shrinks
 * first.
 */
export class RingBudget {
  /** The rings, the least recently used first. */
  private readonly order = new Set<Shrinkable>();
  private usedBytes = 0;

  constructor(private readonly maxBytes: number) {}

  /** Notes that `ring` grew by this many bytes, and was used. */
  grow(ring: Shrinkable, bytes: number): void {
    this.touch(ring);
    this.usedBytes += bytes;
    for (const oldest of this.order) {
      while (this.usedBytes > this.maxBytes) {
        const freed = oldest.dropOldest();
        if (freed === 0) {
          this.order.delete(oldest);
          break;
        }
        this.usedBytes -= freed;
      }
      if (this.usedBytes <= this.maxBytes) {
        return;
      }
    }
  }

  /** Notes that a ring freed this many bytes by itself. */
  shrink(bytes: number): void {
    this.usedBytes -= bytes;
  }

  touch(ring: Shrinkable): void {
    this.order.delete(ring);
    this.order.add(ring);
  }

  /** Forgets a ring whose bytes have been freed. */
  forget(ring: Shrinkable): void {
    this.order.delete(ring);
  }
}
