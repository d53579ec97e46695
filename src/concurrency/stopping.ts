/** Whether the app is stopping, for everything that must then refuse work. Once begun, a stop is never undone. */
export class Stopping {
  private hasBegun = false;

  get isStopping(): boolean {
    return this.hasBegun;
  }

  begin(): void {
    this.hasBegun = true;
  }
}
