import type { Position } from '../../protocol/position.js';

/** The most channels to remember: those last published to. */
const MAX_CHANNELS = 10_000;

/**
 * The last position that Redis gave this node in each channel. Redis may lose it, and in a channel without readers
 * nobody else remembers it. So the node reports it with the next publication.
 */
export class LastPositions {
  private readonly positions = new Map<string, Position>();

  last(channel: string): Position | undefined {
    return this.positions.get(channel);
  }

  add(channel: string, position: Position): void {
    this.positions.delete(channel);
    this.positions.set(channel, position);
    if (this.positions.size > MAX_CHANNELS) {
      const [oldest = ''] = this.positions.keys();
      this.positions.delete(oldest);
    }
  }
}
