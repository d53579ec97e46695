import { Injectable } from '@nestjs/common';
import { HistoryService } from '../history/history.service.js';
import { Observers } from '../streams/observers.js';
import { BirdsongSettings } from '../config/birdsong-settings.js';
import { Streams } from '../streams/streams.js';
import { OpenConnections } from './open-connections.js';
import { Waves } from './waves.js';

/** How long the remaining requests may take, once every reader has been sent away, before they are cut off. */
const CUT_OFF_MS = 5000;

/** Sends away all readers of this node: streams, polls and observables. See docs/decisions/0009-drain-in-waves.md. */
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
   * Sends readers away in waves; each reads on until its turn. Resolves once all have been told, within `drainSeconds`.
   * Nest then closes the HTTP server and waits for every open response. Clients that do not read and requests that
   * never end are cut off after `CUT_OFF_MS`.
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

  /** Sends away at once all readers whose turn has not come. */
  finishNow(): void {
    this.waves.finishNow();
  }

  /** Call it once the HTTP server is closed. */
  end(): void {
    clearTimeout(this.cuttingOff);
  }
}
