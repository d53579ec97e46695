import { World, type Outcome } from '../world/world.js';
import { Dice } from './dice.js';
import { nextStep } from './faults.js';

/** One world, and all that was done to it. */
export interface Round {
  readonly seed: number;
  readonly tookSeconds: number;
  readonly faults: ReadonlyMap<string, number>;
  readonly outcome: Outcome;
}

export interface SoakOptions {
  readonly seed: number;
  readonly seconds: number;
  /** Hears of each fault before it is inflicted. */
  readonly onFault: (line: string) => void;
}

/** Inflicts faults on a world, one after the other or two at a time, for so long, and judges what happened. */
export async function soak({ seed, seconds, onFault }: SoakOptions): Promise<Round> {
  const beganMs = performance.now();
  const elapsed = (): number => (performance.now() - beganMs) / 1000;
  const dice = new Dice(seed);
  const faults = new Map<string, number>();
  const world = await World.start();
  try {
    await world.crowd();
    while (elapsed() < seconds) {
      const step = nextStep(world, dice);
      await world.flow(step.calmCount);
      const names = step.faults.map(({ name }) => name);
      onFault(`${elapsed().toFixed(1)} s: ${names.join(', and ')}`);
      for (const name of names) faults.set(name, (faults.get(name) ?? 0) + 1);
      await Promise.all(step.faults.map(({ inflict }) => inflict()));
    }
    await world.flow(5);
    return { seed, faults, outcome: await world.settle(), tookSeconds: elapsed() };
  } finally {
    await world.end();
  }
}
