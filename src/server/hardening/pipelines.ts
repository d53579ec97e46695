import type { RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests under way on one connection; who sends more does so to do harm. */
const MAX_PIPELINED_COUNT = 16;

const underWay = new WeakMap<Socket, number>();

/**
 * Cuts off connections on which too many requests wait, each for the answer before it: Node itself knows no limit,
 * and hands over whatever stands in what it read last.
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

/** One function for all responses: a closure for each stream would be kept for as long as it is open. */
function onClose(this: ServerResponse): void {
  const { socket } = this.req;
  underWay.set(socket, (underWay.get(socket) ?? 1) - 1);
}
