import { Injectable } from '@nestjs/common';
import { HistoryService } from '../history/history.service.js';
import { Observers } from '../streams/observers.js';
import { BirdsongSettings } from '../config/birdsong-settings.js';
import { Streams } from '../streams/streams.js';
import { OpenConnections } from './open-connections.js';
import { Waves } from './waves.js';

/** How long, once everybody has been told to leave, what is under way may take until it is cut off. */
const CUT_OFF_MS = 5000;

/** Sends away whoever reads on this node, in whatever way. See docs/decisions/0009-drain-in-waves.md. */
@Injectable()
export class DrainService {
  private readonly waves = new Waves();
  private cuttingOff: NodeJS.Timeout | undefined;

  constructor(
    private readonly streams: Streams,
    private readonly polls: HistoryService,
    private readonly observers: Observers,
    private readonly connections: OpenConnections,
    private readonly settings: BirdsongSettings,
  ) {}

  /**
   * In waves: until its turn each reads on. Resolves once everybody has been told, `drainSeconds` at most. Nest closes
   * the HTTP server after that, and waits for every open response: for those of clients that do not read, and of
   * requests that never end, not longer than `CUT_OFF_MS`.
   */
  async run(): Promise<void> {
    this.connections.announceClose();
    const closers = [this.streams, this.polls, this.observers].flatMap((readers) =>
      readers.closers(),
    );
    await this.waves.run(closers, this.settings.drainMs);
    this.connections.closeWhenIdle();
    this.cuttingOff = setTimeout(() => {
      this.streams.cutOff();
      this.connections.cutOff();
    }, CUT_OFF_MS);
  }

  /** Ends the waves of `drain` at once. */
  finishNow(): void {
    this.waves.finishNow();
  }

  /** The HTTP server is closed. */
  end(): void {
    clearTimeout(this.cuttingOff);
  }
}
