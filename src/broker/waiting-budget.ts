/** What may wait in all subscriptions of a node. As strings of two bytes each, it is twice that. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

/** How much waits in all subscriptions of a node. */
export class WaitingBudget {
  private bytes = 0;

  /** @returns whether there is room for so much more, which is to be given back then */
  take(bytes: number): boolean {
    const hasRoom = this.bytes + bytes <= MAX_WAITING_BYTES;
    this.bytes += hasRoom ? bytes : 0;
    return hasRoom;
  }

  release(bytes: number): void {
    this.bytes -= bytes;
  }
}
