import { z } from 'zod';
import type { Admitted } from '../access/access.guard.js';
import { oneOf } from '../config/option.js';
import { RequestPipe, wholeParameter } from '../http/request.pipe.js';
import { firstStart } from './start-options.js';
import type { StreamSettings } from './streams.js';

const streamQuery = z
  .object({
    history: wholeParameter(0, 1000).optional(),
    from: oneOf(['start']).optional(),
    heartbeat: oneOf(['comment', 'event']).default('comment'),
  })
  .refine(({ history, from }) => history === undefined || from === undefined, {
    path: ['from'],
    error: 'contradicts `history`: send one of them',
  });

export type StreamQuery = z.infer<typeof streamQuery>;

export const streamQueryPipe = new RequestPipe(streamQuery);

export const settingsOf = (
  { identity, client, isStillAllowed }: Admitted,
  { heartbeat, ...start }: StreamQuery,
): StreamSettings => ({ first: firstStart(start), heartbeat, identity, client, isStillAllowed });
