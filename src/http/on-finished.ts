import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The pending callbacks of each connection: those of its unfinished requests. */
const pending = new WeakMap<Socket, Set<() => void>>();

/**
 * Calls back once, when the response has been sent or can no longer be sent; at once if the connection is already gone.
 * It watches the socket, because Node emits no `close` for a response that waits behind another one on its connection.
 */
export function onFinished(
  { socket }: IncomingMessage,
  response: ServerResponse,
  callback: () => void,
): void {
  if (socket.destroyed) {
    callback();
    return;
  }
  const ofSocket = pending.get(socket) ?? watch(socket);
  const finish = () => {
    if (ofSocket.delete(finish)) {
      callback();
    }
  };
  ofSocket.add(finish);
  response.once('close', finish);
}

function watch(socket: Socket): Set<() => void> {
  const ofSocket = new Set<() => void>();
  pending.set(socket, ofSocket);
  socket.once('close', () => ofSocket.forEach((finish) => finish()));
  return ofSocket;
}
