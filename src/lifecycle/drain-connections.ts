import type { Server } from 'node:http';

const LOOK_MS = 50;

/** From now on, each answer ends its connection, so that its client opens the next one elsewhere. */
export function announceClose(server: Server): void {
  server.prependListener('request', (_request, response) => {
    response.setHeader('Connection', 'close');
  });
}

/**
 * For a server that is about to close: Node closes the connections that are idle at that moment, and then waits
 * for those that were busy, however often they are used again. This ends each once its answer is written.
 */
export function closeWhenIdle(server: Server): void {
  const looking = setInterval(() => server.closeIdleConnections(), LOOK_MS);
  server.once('close', () => clearInterval(looking));
}
