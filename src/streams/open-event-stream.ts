import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Stream } from './stream.js';
import { freeResponseMemory } from './free-response-memory.js';

const HEADERS = {
  'Content-Type': 'text/event-stream',
  // `no-transform` keeps what compresses from holding events back.
  'Cache-Control': 'no-store, no-transform',
  // nginx: https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_buffering
  'X-Accel-Buffering': 'no',
};

const STREAM = Symbol('birdsong.stream');

type StreamResponse = ServerResponse & { [STREAM]?: Stream };

/**
 * Sends status and headers of an event stream.
 * @param open called once something can be written; not if that never comes, or for a HEAD request
 */
export function openEventStream(
  request: IncomingMessage,
  response: ServerResponse,
  open: () => void,
): void {
  const { socket } = request;
  // The socket of HTTP/2 is everybody's, and one that `inject()` made up has none of this.
  if (request.httpVersionMajor === 1 && 'setKeepAlive' in socket) {
    socket.setKeepAlive(true);
    socket.setTimeout(0);
  }
  for (const [name, value] of Object.entries(HEADERS)) {
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

/** Lets the stream end with its response. */
export function endWithResponse(stream: Stream, response: ServerResponse): void {
  (response as StreamResponse)[STREAM] = stream;
  response.on('close', onClose);
}

/** One function for all streams: a closure for each would be kept for as long as it is open. */
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
    // Pipelined behind another response. Until it has a socket, Node does not even tell that it is closed.
    response.once('socket', () => whenWritable(response, act));
  }
}
