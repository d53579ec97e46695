import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Stream } from './stream.js';
import { freeResponseMemory } from './free-response-memory.js';

/** Asks every proxy to pass on each part of the body as it comes (RFC 10036). */
export const INCREMENTAL = ['Incremental', '?1'] as const;

const HEADERS = Object.entries({
  'Content-Type': 'text/event-stream',
  // `no-transform` stops compression from holding events back.
  'Cache-Control': 'no-store, no-transform',
  // nginx: https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_buffering
  'X-Accel-Buffering': 'no',
  [INCREMENTAL[0]]: INCREMENTAL[1],
});

const STREAM = Symbol('birdsong.stream');

type StreamResponse = ServerResponse & { [STREAM]?: Stream };

/**
 * Sends the status and headers of an event stream.
 * @param open called once the body can be written; never for a HEAD request, or if the client leaves before that
 */
export function openEventStream(
  request: IncomingMessage,
  response: ServerResponse,
  open: () => void,
): void {
  const { socket } = request;
  // An HTTP/2 socket serves other requests too, and the mock socket of `inject()` lacks these methods.
  if (request.httpVersionMajor === 1 && 'setKeepAlive' in socket) {
    socket.setKeepAlive(true);
    socket.setTimeout(0);
  }
  for (const [name, value] of HEADERS) {
    response.setHeader(name, value);
  }
  response.flushHeaders();
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  whenWritable(response, () => {
    freeResponseMemory(request, response);
    open();
  });
}

/** Ends the stream when its response closes. */
export function endWithResponse(stream: Stream, response: ServerResponse): void {
  (response as StreamResponse)[STREAM] = stream;
  response.on('close', onClose);
}

/** One function for all streams, because a closure for each would take memory for as long as it is open. */
function onClose(this: StreamResponse): void {
  this[STREAM]?.closed();
}

function whenWritable(response: ServerResponse, act: () => void): void {
  if (response.writableEnded || response.destroyed) {
    return;
  }
  if (response.socket) {
    act();
  } else {
    // It is pipelined behind another response. Until it has a socket, Node does not even emit its `close`.
    response.once('socket', () => whenWritable(response, act));
  }
}
