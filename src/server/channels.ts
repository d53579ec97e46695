import { z } from 'zod';
import type { BirdsongOptions } from '../config/birdsong-options.js';
import { isGranted } from '../channels/grants.js';
import type { AccessRequest } from '../channels/policy.js';
import { hasIdentities, type Environment } from './environment.js';

/** The data of a chat message. */
const chatData = z.strictObject({
  name: z.string().trim().min(1).max(64),
  message: z.string().min(1).max(4000),
});

/** A user's channels are the user's to read, and of those who were granted a pattern for them. */
const ownOrGranted = ({ channel, params, identity }: AccessRequest): boolean =>
  params['userId'] === identity?.id || isGranted(identity, 'subscribe', channel);

/** Messages are for administrators to edit and delete, and for those who were granted a pattern for the channel. */
const moderate = ({ channel, identity }: AccessRequest): boolean =>
  identity?.claims?.['admin'] === true || isGranted(identity, 'moderate', channel);

/** The channels of the stand-alone server. */
export function channelsOf({
  HISTORY_COUNT: count,
  HISTORY_SECONDS: ageSeconds,
  HISTORY_BYTES: bytes,
  HISTORY_TOTAL_BYTES: totalBytes,
  MAX_SENDS_PER_SECOND,
  MAX_SEND_BURST,
  MAX_BYTES_PER_MINUTE,
  MAX_NEW_CHANNELS_PER_MINUTE,
  MAX_STREAMS_PER_CLIENT,
  ANONYMOUS,
  ...environment
}: Environment): BirdsongOptions['channels'] {
  const history = { count, ageSeconds, bytes };
  const limits = {
    sendsPerSecond: MAX_SENDS_PER_SECOND || undefined,
    sendBurst: MAX_SEND_BURST,
    bytesPerMinute: MAX_BYTES_PER_MINUTE || undefined,
    newChannelsPerMinute: MAX_NEW_CHANNELS_PER_MINUTE || undefined,
    streams: MAX_STREAMS_PER_CLIENT || undefined,
  };
  const anyone = ANONYMOUS === 'chat' ? 'anyone' : 'token';
  const known = hasIdentities(environment) ? { moderate } : {};
  const open = { publish: anyone, subscribe: anyone, ...known } as const;
  const user = hasIdentities(environment)
    ? ({ publish: 'token', subscribe: ownOrGranted, ...known } as const)
    : {};
  return {
    'chat.:room': { ...open, data: chatData, history: { ...history, totalBytes }, limits },
    // Closed to everyone unless the server knows identities.
    'user.:userId': { ...user, history, limits },
    'user.:userId.*': { ...user, history, limits },
    'public.*': { ...open, history: { ...history, totalBytes }, limits },
  };
}
