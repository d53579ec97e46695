import type { Figures } from '../figures/measured.js';
import type { TargetOutcome } from '../targets.js';
import type { Machine, Versions } from './environment.js';

/** The content of the file that a run writes. */
export interface Results {
  readonly date: string;
  readonly machine: Machine;
  readonly versions: Versions;
  /** The command that was run. */
  readonly command: string;
  readonly tookSeconds: number;
  /** How many cores were busy with other work meanwhile, on average. */
  readonly otherWorkCores: number;
  /** What could not be measured here, and why. */
  readonly notes: readonly string[];
  readonly figures: Figures;
  readonly targets: readonly TargetOutcome[];
}
