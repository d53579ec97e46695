import type { RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The most requests in progress on one connection. Only an attacker sends more. */
const MAX_PIPELINED_COUNT = 16;

const underWay = new WeakMap<Socket, number>();

/**
 * Cuts off connections on which too many requests wait for the answers before them. Node itself has no limit, and emits
 * every request that it finds in what it has read.
 */
export function limitPipelines(listener: RequestListener): RequestListener {
  return (request, response) => {
    const { socket } = request;
    const count = (underWay.get(socket) ?? 0) + 1;
    if (count > MAX_PIPELINED_COUNT || socket.destroyed) {
      socket.destroy();
      return;
    }
    underWay.set(socket, count);
    response.once('close', onClose);
    listener(request, response);
  };
}

/** One function for all responses, because a closure for each stream would take memory for as long as it is open. */
function onClose(this: ServerResponse): void {
  const { socket } = this.req;
  underWay.set(socket, (underWay.get(socket) ?? 1) - 1);
}
