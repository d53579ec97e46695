import type { Constants } from './constants.js';
import type { Plan } from './plan.js';
import type { Hardware, Scenario } from './scenario.js';
import { simulateStorm, type StormOutcome } from './storm.js';

/** What happens to the readers of a plan when something ends their connections. */
export interface Storms {
  /** One machine is stopped as it should be: its readers go to the others. */
  readonly drain: StormOutcome;
  /** One machine dies, and its clients see it at once. */
  readonly crash: StormOutcome;
  /** Every connection breaks at once, as when a balancer is replaced. */
  readonly everybody: StormOutcome;
}

/** Servers spread `retry:` so far when they drain. */
const DRAIN_SPREAD = 2;

/** @returns what one process of the many sees; of a single machine nothing is left to drain to */
export function simulateStorms(
  { readers }: Scenario,
  { machines, processes, processBusy }: Plan,
  { cpuUsPerReturn }: Constants,
  { drainSeconds, retryMs }: Hardware,
  seed: number,
): Storms {
  const remaining = Math.max(1, processes - processes / machines);
  const fromOneMachine = Math.ceil(readers / machines / remaining);
  const common = {
    ...{ retryMs, serviceMs: cpuUsPerReturn / 1000, seed },
    // Readers that are connected are served all the while.
    freeShare: 1 - processBusy,
  };
  return {
    drain: simulateStorm({
      ...{ ...common, readers: fromOneMachine },
      ...{ drainMs: drainSeconds * 1000, retrySpread: DRAIN_SPREAD },
    }),
    crash: simulateStorm({ ...common, readers: fromOneMachine, drainMs: 0, retrySpread: 1 }),
    everybody: simulateStorm({
      ...{ ...common, readers: Math.ceil(readers / processes), drainMs: 0, retrySpread: 1 },
    }),
  };
}
