import { Injectable } from '@nestjs/common';
import { HistoryService } from '../history/history.service.js';
import { Observers } from '../streams/observers.js';
import { BirdsongSettings } from '../config/birdsong.settings.js';
import { Streams } from '../streams/streams.js';
import { Waves } from './waves.js';

/** Whoever reads on this node, in whatever way. */
@Injectable()
export class DrainService {
  private readonly waves = new Waves();

  constructor(
    private readonly streams: Streams,
    private readonly polls: HistoryService,
    private readonly observers: Observers,
    private readonly settings: BirdsongSettings,
  ) {}

  /**
   * Sends everybody away, in waves: until its turn each reads on. Resolves once everybody has been told. See
   * docs/decisions/0009-drain-in-waves.md.
   */
  async run(): Promise<void> {
    const departures = [this.streams, this.polls, this.observers].flatMap((readers) =>
      readers.departures(),
    );
    await this.waves.run(departures, this.settings.drainMs);
  }

  /** Ends the waves of `drain` at once. */
  hurry(): void {
    this.waves.hurry();
  }

  /** Breaks the connections of those who have been told and have not taken it. */
  cutOff(): void {
    this.streams.cutOff();
  }
}
