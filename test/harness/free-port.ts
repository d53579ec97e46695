import { createServer } from 'node:net';

/**
 * A TCP port of 127.0.0.1 on which nothing listens.
 *
 * It comes from below the range that the kernel hands out to outgoing connections (32768 and up on
 * Linux): a server that stops and starts again on its port finds it free, and a client that dials
 * a dead port cannot be given that very port as its own and so be connected to itself. It stays
 * 10,000 below that range, because a Redis Cluster node also takes its port plus 10,000.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 12_000);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    });
    // All addresses: a port that is taken on 0.0.0.0 only is of no use either.
    probe.listen({ port, host: '0.0.0.0', exclusive: true }, () => {
      probe.close(() => resolve(true));
    });
  });
}
