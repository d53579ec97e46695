import { Logger } from '@nestjs/common';
import { LogThrottle } from './log-throttle.js';
import { Pause } from './pause.js';

const FIRST_WAIT_MS = 100;

/** Shared by all retries: in an outage, every channel waits for the same thing. */
const throttle = new LogThrottle();

/** Retries what fails, first after 100 ms, then after twice as long each time, until its owner ends it. */
export class Retry {
  private readonly pauses = new Set<Pause>();
  private isEnded = false;

  /** @param maxWaitMs the longest wait between two attempts */
  constructor(private readonly maxWaitMs: number) {}

  /**
   * Returns the outcome of the first attempt that succeeds. The first failure is logged.
   * @param waiting who waits for what, for the log
   * @throws Error once this has ended, though an attempt in progress may still succeed
   */
  async run<Outcome>(waiting: string, attempt: () => Promise<Outcome>): Promise<Outcome> {
    for (let failures = 0; !this.isEnded; failures++) {
      try {
        return await attempt();
      } catch (error) {
        if (failures === 0) {
          this.log(`${waiting}: ${describe(error)}`);
        }
        await this.wait(Math.min(FIRST_WAIT_MS * 2 ** failures, this.maxWaitMs));
      }
    }
    throw new Error(`${waiting} no longer: the retry was ended.`);
  }

  /** Rejects everything that waits. No attempt begins after this. */
  end(): void {
    this.isEnded = true;
    for (const pause of this.pauses) {
      pause.end();
    }
  }

  private async wait(ms: number): Promise<void> {
    if (this.isEnded) {
      return;
    }
    const pause = new Pause();
    this.pauses.add(pause);
    await pause.for(ms);
    this.pauses.delete(pause);
  }

  private log(line: string): void {
    if (!this.isEnded && throttle.isDue()) {
      new Logger('Birdsong').warn(line);
    }
  }
}

/** The error, and what caused it: the first may be meant for clients and say little. */
function describe(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return cause instanceof Error ? `${String(error)} (${cause.message})` : String(error);
}
