import { pause } from '../bench.js';
import type { Contestant } from '../processes/contestant.js';
import { residentBytes } from '../processes/proc.js';

/** A collection may free what the one before it found to be finalised. */
const COLLECTIONS = 3;

/**
 * A server's resident memory after garbage collection.
 * @param restMs how long memory is given to settle
 */
export async function restingBytes(server: Contestant, restMs: number): Promise<number> {
  for (let round = 0; round < COLLECTIONS; round += 1) {
    await pause(restMs / COLLECTIONS);
    await server.collectGarbage();
  }
  // V8 gives pages back a little later.
  await pause(restMs / COLLECTIONS);
  return residentBytes(server.pids);
}
