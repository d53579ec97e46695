import type { Figures } from '../figures/measured.js';
import type { TargetOutcome } from '../targets.js';
import type { Machine, Versions } from './environment.js';

/** The file that a run writes. */
export interface Results {
  readonly date: string;
  readonly machine: Machine;
  readonly versions: Versions;
  /** How the command was given. */
  readonly command: string;
  readonly tookSeconds: number;
  /** How many cores were busy with other work meanwhile, on average. */
  readonly otherWorkCores: number;
  /** What could not be done here, and why. */
  readonly notes: readonly string[];
  readonly figures: Figures;
  readonly targets: readonly TargetOutcome[];
}
