import { Injectable } from '@nestjs/common';
import { overloaded } from '../errors/overloaded.js';
import { BirdsongSettings } from '../config/birdsong-settings.js';

/** Bounds how many clients read from this node at the same time, by a stream or a waiting long-poll. */
@Injectable()
export class StreamLimit {
  private count = 0;

  constructor(private readonly settings: BirdsongSettings) {}

  /** @throws BirdsongError `overloaded` */
  requireRoom(): void {
    if (this.count >= this.settings.maxStreams) {
      throw overloaded('This node has reached its limit of readers.');
    }
  }

  /**
   * Takes one place. The caller must `leave` once.
   * @throws BirdsongError `overloaded`
   */
  enter(): void {
    this.requireRoom();
    this.count++;
  }

  leave(): void {
    this.count--;
  }
}
