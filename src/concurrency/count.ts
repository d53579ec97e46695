/** Counters by name. Only those above zero are kept. */
export class Count {
  private readonly counts = new Map<string, number>();

  get(name: string): number {
    return this.counts.get(name) ?? 0;
  }

  add(name: string): void {
    this.counts.set(name, this.get(name) + 1);
  }

  /** Takes back one `add`. */
  remove(name: string): void {
    const count = this.get(name) - 1;
    if (count > 0) {
      this.counts.set(name, count);
    } else {
      this.counts.delete(name);
    }
  }
}
