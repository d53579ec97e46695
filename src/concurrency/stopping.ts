/** Whether the app is being stopped: one answer for whoever refuses work then. It never goes back. */
export class Stopping {
  private hasBegun = false;

  get isStopping(): boolean {
    return this.hasBegun;
  }

  begin(): void {
    this.hasBegun = true;
  }
}
