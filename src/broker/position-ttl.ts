/**
 * How long a channel without new messages keeps its epoch, in milliseconds: 30 days, and longer where
 * its history is. A reader that comes back later is told of a gap.
 */
export const POSITION_TTL_MS = 30 * 86_400_000;

/** The same for a channel that was read and never had a message: one day. */
export const NEVER_USED_TTL_MS = 86_400_000;
