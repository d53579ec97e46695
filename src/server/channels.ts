import { z } from 'zod';
import type { BirdsongOptions } from '../config/birdsong-options.js';
import type { Environment } from './environment.js';

/** The data of a chat message. */
const chatData = z.strictObject({
  name: z.string().trim().min(1).max(64),
  message: z.string().min(1).max(4000),
});

/** The channels of the stand-alone server. */
export function channelsOf({
  HISTORY_COUNT: count,
  HISTORY_SECONDS: ageSeconds,
  HISTORY_BYTES: bytes,
  HISTORY_TOTAL_BYTES: totalBytes,
}: Environment): BirdsongOptions['channels'] {
  const history = { count, ageSeconds, bytes };
  const open = { publish: 'anyone', subscribe: 'anyone' } as const;
  return {
    'chat.:room': { ...open, data: chatData, history: { ...history, totalBytes } },
    // Closed to everyone until the server has identities.
    'user.:userId': { history },
    'user.:userId.*': { history },
    'public.*': { ...open, history: { ...history, totalBytes } },
  };
}
