import type { Start } from '../delivery/channel-reader.js';

/** Where a stream begins. */
export interface StartOptions {
  /** How many of each channel's newest messages a first connect begins with. Default 0. */
  readonly history?: number | undefined;
  /** `start`: a first connect begins with everything that each channel keeps. Use it instead of `history`. */
  readonly from?: 'start' | undefined;
}

/** @param history the number of the newest messages, 0 if it is absent too */
export function firstStart({ history = 0, from }: StartOptions): Start {
  if (from === 'start') {
    return { kind: 'oldest' };
  }
  return history > 0 ? { kind: 'newest', count: history } : { kind: 'live' };
}
