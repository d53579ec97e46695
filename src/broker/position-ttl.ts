import type { HistoryLimits } from '../channels/policy.js';

/** The longest time, in milliseconds, for which a channel that was read but never had a message keeps its position: a day. */
const NEVER_USED_MAX_MS = 86_400_000;

/** How long a channel that was read but never had a message keeps its position, in milliseconds. */
export const neverUsedTtlMs = (keepPositionsMs: number): number =>
  Math.min(NEVER_USED_MAX_MS, keepPositionsMs);

/** How long a channel keeps its position after a message, in milliseconds. */
export const positionTtlMs = (keepPositionsMs: number, { ageSeconds }: HistoryLimits): number =>
  Math.max(keepPositionsMs, ageSeconds * 1000);
