import type { ServerResponse } from 'node:http';

type Watched = Pick<ServerResponse, 'on' | 'off' | 'setTimeout'>;

const listeners = new WeakMap<Watched, () => void>();

/**
 * Calls back once the client has taken nothing for this long. Node starts its timeout again with every part of a write
 * that the system takes, which nothing else shows: to Node's streams, a large write is under way until all of it is gone.
 * @param ms 0 ends the watch
 */
export function watchProgress(response: ServerResponse, ms: number, onStall: () => void): void {
  // HTTP/2 has a stream for each response.
  const watched: Watched = (response as { stream?: Watched }).stream ?? response;
  const listener = listeners.get(watched);
  if (listener) {
    watched.off('timeout', listener);
  }
  if (ms > 0) {
    listeners.set(watched, onStall);
    watched.on('timeout', onStall);
  }
  watched.setTimeout(ms);
}
