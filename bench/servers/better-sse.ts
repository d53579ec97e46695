// better-sse as its documentation shows it: a session for each response, all in one channel.
import { createChannel, createSession } from 'better-sse';
import { createServer } from 'node:http';
import { serve } from './serve.js';

const channel = createChannel();

const server = createServer((request, response) => {
  void createSession(request, response).then((session) => channel.register(session));
});

await serve(server, {
  publish: (payload) => channel.broadcast(payload, 'message', { eventId: payload.seq }),
});
