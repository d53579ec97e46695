/** The most that may wait in all subscriptions of a node. As strings of two bytes a character, it takes twice that. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

/** Bounds what waits in all subscriptions of a node together. */
export class WaitingBudget {
  private bytes = 0;

  /** @returns whether there was room; if so, the caller must release it */
  take(bytes: number): boolean {
    const hasRoom = this.bytes + bytes <= MAX_WAITING_BYTES;
    this.bytes += hasRoom ? bytes : 0;
    return hasRoom;
  }

  release(bytes: number): void {
    this.bytes -= bytes;
  }
}
