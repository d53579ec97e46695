import { z } from 'zod';
import type { Admitted } from '../access/access.guard.js';
import { RequestPipe, wholeParameter } from '../http/request.pipe.js';
import type { StreamSettings } from './streams.js';

const streamQuery = z.object({ history: wholeParameter(0, 1000).default(0) });

export type StreamQuery = z.infer<typeof streamQuery>;

export const streamQueryPipe = new RequestPipe(streamQuery);

export const settingsOf = ({ identity }: Admitted, { history }: StreamQuery): StreamSettings => ({
  historyCount: history,
  identity,
});
