/** A wait that its owner can end early. Once ended, it never waits again. Only one wait may run at a time. */
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
