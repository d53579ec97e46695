// Bare node:http, one shared Buffer per message written to every response: the least that a Node server
// can do for each delivery without gathering messages.
import { createServer, type ServerResponse } from 'node:http';
import { serve } from './serve.js';

const responses = new Set<ServerResponse>();

const server = createServer((_, response) => {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.flushHeaders();
  responses.add(response);
  response.once('close', () => responses.delete(response));
});

await serve(server, {
  publish: (payload) => {
    const frame = Buffer.from(`id: ${Number(payload.seq)}\ndata: ${JSON.stringify(payload)}\n\n`);
    for (const response of responses) response.write(frame);
  },
});
