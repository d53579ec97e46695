import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** For each connection, what is to be done for those of its requests that are not over. */
const pending = new WeakMap<Socket, Set<() => void>>();

/**
 * Acts once, when the response has been sent or cannot be sent any more. Of one that waits behind another response
 * on its connection, Node itself does not tell that it is closed. At once, if the connection is gone already.
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
