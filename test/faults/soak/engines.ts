import { ClusterWorld } from '../world/cluster-world.js';
import { RedisWorld } from '../world/redis-world.js';
import type { World } from '../world/world.js';
import { CLUSTER_MIXES } from './cluster-faults.js';
import type { Dice } from './dice.js';
import { nextStep, type Mix, type Step } from './fault.js';
import { REDIS_MIXES } from './redis-faults.js';

export interface Stage {
  readonly world: World;
  /** See `nextStep` in fault.ts. */
  readonly nextStep: (dice: Dice) => Step;
}

/** A kind of world, and the faults that happen in it. */
export interface Engine {
  /** Whether no acknowledged message may be lost, even with a gap. */
  readonly keepsAll: boolean;
  readonly start: () => Promise<Stage>;
}

function engine<Place extends World>(
  keepsAll: boolean,
  start: () => Promise<Place>,
  mixes: readonly [Mix<Place>, ...Mix<Place>[]],
): Engine {
  return {
    keepsAll,
    start: async () => {
      const world = await start();
      return { world, nextStep: (dice) => nextStep(world, mixes, dice) };
    },
  };
}

/** The engines by the names that `--engine` takes. */
export const ENGINES = {
  redis: engine(false, () => RedisWorld.start(), REDIS_MIXES),
  cluster: engine(true, () => ClusterWorld.start(), CLUSTER_MIXES),
};

export type EngineName = keyof typeof ENGINES;
