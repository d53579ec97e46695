import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';

/**
 * Ends a response, once its client has taken what was written, as if the connection had broken: without the last chunk
 * of HTTP/1.1. Every client comes back after that; after a complete response some never do (docs/clients.md). In HTTP/1.0
 * there is no difference. In HTTP/2 the response is complete, because Node drops what still waits when it resets a
 * stream.
 */
export function breakOff(response: ServerResponse): void {
  if (response.chunkedEncoding && response.socket instanceof Socket) {
    response.socket.destroySoon();
  } else {
    response.end();
  }
}

/** Makes `response.end()`, which Nest calls once everything is written, break it off. */
export function breakOffAtEnd(response: ServerResponse): void {
  const end = response.end.bind(response);
  response.end = () => {
    response.end = end;
    breakOff(response);
    return response;
  };
}
