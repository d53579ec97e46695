/** Callers that wait for a condition on something that changes step by step. */
export class Watchers {
  private readonly looks = new Set<() => void>();

  /** Resolves as soon as this holds. It is checked now, and again at every `notify`. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!holds()) return;
        this.looks.delete(look);
        resolve();
      };
      this.looks.add(look);
      look();
    });
  }

  notify(): void {
    for (const look of [...this.looks]) look();
  }
}
