import type { Server } from 'node:http';

const LOOK_MS = 50;

/**
 * For a server that is about to close: Node closes the connections that are idle at that moment, and then waits
 * for those that were busy, however often they are used again. This ends each once its answer is written.
 */
export function drainConnections(server: Server): void {
  server.prependListener('request', (_request, response) => {
    response.setHeader('Connection', 'close');
  });
  const looking = setInterval(() => server.closeIdleConnections(), LOOK_MS);
  server.once('close', () => clearInterval(looking));
}
