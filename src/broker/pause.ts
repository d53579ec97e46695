/** A wait that its owner can end early. One at a time. */
export class Pause {
  private timer: NodeJS.Timeout | undefined;
  private resume: (() => void) | undefined;

  for(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.resume = resolve;
      this.timer = setTimeout(resolve, ms);
    });
  }

  end(): void {
    clearTimeout(this.timer);
    this.resume?.();
  }
}
