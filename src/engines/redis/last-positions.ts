import type { Position } from '../../protocol/position.js';

/** Channels that are remembered, those published to last. */
const MAX_CHANNELS = 10_000;

/**
 * The last position that this node was given in each channel. Redis may forget it, and has no other witness where
 * nobody reads: so it is told with the next publication.
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
