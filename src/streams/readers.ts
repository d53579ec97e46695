import { Injectable } from '@nestjs/common';
import { HistoryService } from '../channels/history.service.js';
import { Observers } from '../channels/observers.js';
import { Streams } from './streams.js';

/** Whoever reads on this node, in whatever way. */
@Injectable()
export class Readers {
  constructor(
    private readonly streams: Streams,
    private readonly polls: HistoryService,
    private readonly observers: Observers,
  ) {}

  /** Sends everybody away, and whoever comes from now on. */
  drain(): void {
    this.streams.drain();
    this.polls.drain();
    this.observers.drain();
  }
}
