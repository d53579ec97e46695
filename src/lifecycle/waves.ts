import { Pause } from '../concurrency/pause.js';

const WAVE_MS = 100;
/** So few at once are no burden. */
const WAVE_MIN_COUNT = 50;

/** Runs many actions in waves, so that their consequences do not come all at once. */
export class Waves {
  private readonly pause = new Pause();

  /** Runs these in waves of equal size over at most this time; in less if there are few. */
  async run(actions: readonly (() => void)[], overMs: number): Promise<void> {
    const waveCount = Math.max(1, Math.floor(overMs / WAVE_MS));
    const size = Math.max(WAVE_MIN_COUNT, Math.ceil(actions.length / waveCount));
    let dueMs = performance.now();
    for (let index = 0; index < actions.length; index += size) {
      if (index > 0) {
        dueMs += WAVE_MS;
        await this.pause.for(Math.max(0, dueMs - performance.now()));
      }
      for (const act of actions.slice(index, index + size)) {
        act();
      }
    }
  }

  /** Runs all remaining actions at once. */
  finishNow(): void {
    this.pause.end();
  }
}
