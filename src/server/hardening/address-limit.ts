import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { BirdsongError } from '../../errors/birdsong-error.js';
import { Count } from '../../concurrency/count.js';
import { clientOf } from '../../http/client-address.js';
import { onFinished } from '../../http/on-finished.js';
import type { IsProxy } from './trusted-proxies.js';

/** Connections for each allowed request: more than one, so that a client beyond the limit can still be told. */
const CONNECTIONS_PER_REQUEST = 2;
const RETRY_AFTER_SECONDS = 5;

/** A request of Express: `ip` is the client's address, as far as proxies are trusted. */
interface ClientRequest extends IncomingMessage {
  readonly ip?: string;
}

/**
 * Limits the requests in progress of one client, including its streams. If the client connects directly rather than
 * through a trusted proxy, it also limits the client's open connections.
 */
export class AddressLimit {
  private readonly requests = new Count();
  private readonly connections = new Count();

  constructor(
    private readonly maxCount: number,
    private readonly isProxy: IsProxy,
  ) {}

  /** Listener for the server's `connection` event. */
  connect(socket: Socket): void {
    const { remoteAddress = '' } = socket;
    if (this.isProxy(remoteAddress, 0)) {
      return;
    }
    const client = clientOf(remoteAddress);
    if (this.connections.get(client) >= CONNECTIONS_PER_REQUEST * this.maxCount) {
      socket.destroy();
      return;
    }
    this.connections.add(client);
    socket.once('close', () => this.connections.remove(client));
  }

  /** Express middleware: answers 429 beyond the limit. Health checks are exempt. */
  admit(request: ClientRequest, response: ServerResponse, next: (error?: unknown) => void): void {
    if (request.url?.startsWith('/health/')) {
      next();
      return;
    }
    const client = clientOf(request.ip ?? '');
    if (this.requests.get(client) >= this.maxCount) {
      next(
        new BirdsongError(
          'too-many-requests',
          'Your IP address has too many requests in progress.',
          {
            retryAfterSeconds: RETRY_AFTER_SECONDS,
          },
        ),
      );
      return;
    }
    this.requests.add(client);
    onFinished(request, response, () => this.requests.remove(client));
    next();
  }
}
