import { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * The socket that takes this response's body, in chunks, just as `response.write` would hand it over; nothing if
 * there is more to it: no chunks (HTTP/1.0), frames (HTTP/2), a `write` that somebody replaced (compression), or
 * something that still waits to be written. To be asked once the headers are out.
 *
 * Express changes the prototype of every response, which makes each access to it slow: for a write per reader and
 * message that is a third of the cost.
 */
export function directSocket(response: ServerResponse): Socket | undefined {
  const { socket } = response;
  const isPlain =
    response.write === ServerResponse.prototype.write &&
    response.chunkedEncoding &&
    response.writableCorked === socket?.writableCorked &&
    response.writableLength === socket.writableLength;
  return isPlain ? socket : undefined;
}
