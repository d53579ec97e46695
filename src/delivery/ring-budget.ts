/** What a budget can take memory back from. */
export interface Shrinkable {
  /** Drops the oldest it keeps, and says how many bytes that freed; 0 if it keeps nothing. */
  dropOldest(): number;
}

/**
 * Bounds the bytes that all rings of a node keep together. Beyond it, the ring that was used least recently
 * shrinks first.
 */
export class RingBudget {
  /** The least recently used first. */
  private readonly order = new Set<Shrinkable>();
  private usedBytes = 0;

  constructor(private readonly maxBytes: number) {}

  /** `ring` grew by so many bytes, and counts as used. */
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

  /** `ring` gave so many bytes back by itself. */
  shrink(bytes: number): void {
    this.usedBytes -= bytes;
  }

  touch(ring: Shrinkable): void {
    this.order.delete(ring);
    this.order.add(ring);
  }

  /** `ring` is gone; what it kept has been given back. */
  forget(ring: Shrinkable): void {
    this.order.delete(ring);
  }
}
