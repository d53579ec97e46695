import { nowUs } from '../clock.js';
import { Reader } from './reader.js';
import type { Tally } from './tally.js';

export interface OpenRun {
  readonly port: number;
  readonly path: string;
  readonly readyMark: string;
  readonly firstSeq: number;
  readonly count: number;
  /** Where they resume. */
  readonly lastEventId?: string;
  /** How many connections may be opened at the same time. */
  readonly window: number;
}

export interface Opened {
  readonly startedAtUs: number;
  readonly openedAtUs: number;
}

/** Client addresses, so that ports do not run short. */
const ADDRESSES = 4;
const OPEN_DEADLINE_MS = 60_000;

/** Readers of the server that is being measured. */
export class Readers {
  private readers: Reader[] = [];

  constructor(private readonly tally: Tally) {}

  /** Adds readers. Resolves once all are open; rejects, and closes all, when one cannot be opened. */
  async open(run: OpenRun): Promise<Opened> {
    const startedAtUs = nowUs();
    let started = 0;
    const openNext = async (): Promise<void> => {
      while (started < run.count) {
        started += 1;
        await this.openOne(run);
      }
    };
    const lanes = Array.from({ length: Math.min(run.window, run.count) }, openNext);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`${started} of ${run.count} connections, then none`)),
        OPEN_DEADLINE_MS,
      );
    });
    try {
      await Promise.race([Promise.all(lanes), late]);
      return { startedAtUs, openedAtUs: nowUs() };
    } catch (error) {
      started = run.count;
      this.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Makes all readers leave incoming data in their sockets. */
  pause(): void {
    for (const reader of this.readers) reader.pause();
  }

  resume(): void {
    for (const reader of this.readers) reader.resume();
  }

  close(): void {
    for (const reader of this.readers) reader.close();
    this.readers = [];
  }

  private async openOne(run: OpenRun): Promise<void> {
    const { port, path, readyMark, firstSeq, lastEventId } = run;
    const index = this.readers.length;
    const reader = new Reader(
      {
        ...{ port, path, readyMark, firstSeq, index },
        headers: lastEventId === undefined ? '' : `Last-Event-ID: ${lastEventId}\r\n`,
        localAddress: `127.0.0.${1 + (index % ADDRESSES)}`,
      },
      this.tally,
    );
    this.readers.push(reader);
    await reader.opened;
  }
}
