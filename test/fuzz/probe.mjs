// Loaded into the server's process by `--import`, in the folder of the package. Reports over a Unix socket what the
// process holds after a garbage collection. The server itself knows nothing of it.
import { ServerResponse } from 'node:http';
import { Session } from 'node:inspector';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { queryObjects } from 'node:v8';

const CLASSES = {
  ChannelFeed: 'delivery/channel-feed.js',
  Stream: 'streams/stream.js',
};

const inspector = new Session();
inspector.connect();

async function measure() {
  // Each keeps its request, body and headers alive.
  const objects = {
    ServerResponse: queryObjects(ServerResponse, { format: 'count' }),
  };
  for (const [name, path] of Object.entries(CLASSES)) {
    // The same module instance that the server has loaded.
    const module = await import(pathToFileURL(resolve('dist', path)).href);
    objects[name] = queryObjects(module[name], { format: 'count' });
  }
  inspector.post('HeapProfiler.collectGarbage');
  const timers = process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length;
  return { objects, timers, heapBytes: process.memoryUsage().heapUsed };
}

createServer((socket) => {
  measure().then(
    (measured) => socket.end(JSON.stringify(measured)),
    (error) => socket.end(String(error)),
  );
})
  .listen(process.env.PROBE_SOCKET)
  .unref();
