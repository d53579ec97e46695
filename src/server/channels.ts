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
}: Environment): BirdsongOptions['channels'] {
  const history = { count, ageSeconds };
  return {
    'chat.:room': { publish: 'anyone', subscribe: 'anyone', data: chatData, history },
    // Closed to everyone until the server has identities.
    'user.:userId': { history },
    'user.:userId.*': { history },
    'public.*': { publish: 'anyone', subscribe: 'anyone', history },
  };
}
