/** Waits that their owner can end early, all of them and for good. One at a time. */
export class Pause {
  private timer: NodeJS.Timeout | undefined;
  private resume: (() => void) | undefined;
  private isEnded = false;

  for(ms: number): Promise<void> {
    if (this.isEnded) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.resume = resolve;
      this.timer = setTimeout(resolve, ms);
    });
  }

  end(): void {
    this.isEnded = true;
    clearTimeout(this.timer);
    this.resume?.();
  }
}
