import type { FanoutRow } from '../figures/fanout.js';
import type { IdleRow } from '../figures/idle.js';
import type { LatencyRow } from '../figures/latency.js';
import type { ResumeRow } from '../figures/resume.js';
import type { SaturationRow } from '../figures/saturation.js';
import type { SendRow } from '../figures/send.js';
import type { StalledRow } from '../figures/stalled.js';
import type { TargetOutcome } from '../targets.js';
import type { Machine, Versions } from './environment.js';

export type MemoryRow = Omit<IdleRow, 'cpuMsPerConnect' | 'connectsPerSecond'>;
export type ConnectRow = Omit<IdleRow, 'residentBytesPerReader'>;

/** What was measured; a figure that was not asked for is empty. */
export interface Figures {
  readonly fanout: readonly FanoutRow[];
  readonly saturation: readonly SaturationRow[];
  readonly latency: readonly LatencyRow[];
  readonly memory: readonly MemoryRow[];
  readonly connect: readonly ConnectRow[];
  readonly stalled: readonly StalledRow[];
  readonly resume: readonly ResumeRow[];
  readonly send: readonly SendRow[];
}

export type FigureName = keyof Figures;

export const FIGURE_NAMES: readonly FigureName[] = [
  'fanout',
  'saturation',
  'latency',
  'memory',
  'connect',
  'stalled',
  'resume',
  'send',
];

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
