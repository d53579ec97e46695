/**
 * How long a channel without new messages keeps its epoch, in milliseconds: 30 days, or as long as its history if that
 * is longer. A reader that comes back later is told of a gap.
 */
export const POSITION_TTL_MS = 30 * 86_400_000;

/** The same, in milliseconds, for a channel that was read but never had a message: one day. */
export const NEVER_USED_TTL_MS = 86_400_000;
