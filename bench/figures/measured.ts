import type { FanoutRow } from './fanout.js';
import type { IdleRow } from './idle.js';
import type { LatencyRow } from './latency.js';
import type { ResumeRow } from './resume.js';
import type { SaturationRow } from './saturation.js';
import type { SendRow } from './send.js';
import type { StalledRow } from './stalled.js';

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
