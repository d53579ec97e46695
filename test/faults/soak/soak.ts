import type { Outcome } from '../world/world.js';
import { Dice } from './dice.js';
import { ENGINES, type EngineName } from './engines.js';

/** One world, and every fault inflicted on it. */
export interface Round {
  readonly engine: EngineName;
  readonly seed: number;
  readonly tookSeconds: number;
  readonly faults: ReadonlyMap<string, number>;
  readonly outcome: Outcome;
}

export interface SoakOptions {
  readonly engine: EngineName;
  readonly seed: number;
  readonly seconds: number;
  /** Called with each fault before it is inflicted. */
  readonly onFault: (line: string) => void;
}

/** Inflicts faults on a world for some time, one or two at a time, and judges what happened. */
export async function soak({ engine, seed, seconds, onFault }: SoakOptions): Promise<Round> {
  const beganMs = performance.now();
  const elapsed = (): number => (performance.now() - beganMs) / 1000;
  const dice = new Dice(seed);
  const faults = new Map<string, number>();
  const { world, nextStep } = await ENGINES[engine].start();
  try {
    await world.crowd();
    // At least one, however long it took to start the readers and publishers.
    do {
      const step = nextStep(dice);
      await world.flow(step.calmCount);
      const names = step.faults.map(({ name }) => name);
      onFault(`${elapsed().toFixed(1)} s: ${names.join(', and ')}`);
      for (const name of names) faults.set(name, (faults.get(name) ?? 0) + 1);
      await Promise.all(step.faults.map(({ inflict }) => inflict()));
    } while (elapsed() < seconds);
    await world.flow(5);
    return { engine, seed, faults, outcome: await world.settle(), tookSeconds: elapsed() };
  } finally {
    await world.end();
  }
}
