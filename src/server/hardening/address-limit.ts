import { Logger } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { BirdsongError } from '../../errors/birdsong-error.js';
import { clientOf, type IsProxy } from './client-address.js';
import { onFinished } from '../../http/on-finished.js';

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
  private hasWarned = false;

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
    if (!this.connections.take(client, CONNECTIONS_PER_REQUEST * this.maxCount)) {
      socket.destroy();
      return;
    }
    socket.once('close', () => this.connections.giveBack(client));
  }

  /** Express middleware: answers 429 beyond the limit. Health checks are exempt. */
  admit(request: ClientRequest, response: ServerResponse, next: (error?: unknown) => void): void {
    if (request.url?.startsWith('/health/')) {
      next();
      return;
    }
    this.warnOfProxy(request);
    const client = clientOf(request.ip ?? '');
    if (!this.requests.take(client, this.maxCount)) {
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
    onFinished(request, response, () => this.requests.giveBack(client));
    next();
  }

  private warnOfProxy({ headers, socket }: IncomingMessage): void {
    const { remoteAddress = '' } = socket;
    if (
      headers['x-forwarded-for'] !== undefined &&
      !this.hasWarned &&
      !this.isProxy(remoteAddress, 0)
    ) {
      this.hasWarned = true;
      new Logger('Birdsong').warn(
        `MAX_CONNECTIONS_PER_ADDRESS counts ${remoteAddress} as one client. If it is a proxy, TRUST_PROXY must say so.`,
      );
    }
  }
}

/** Counters by name. Only those above zero are kept. */
class Count {
  private readonly counts = new Map<string, number>();

  /** @returns whether the counter was below its limit, and is now one higher */
  take(name: string, maxCount: number): boolean {
    const count = this.counts.get(name) ?? 0;
    if (count >= maxCount) {
      return false;
    }
    this.counts.set(name, count + 1);
    return true;
  }

  giveBack(name: string): void {
    const count = this.counts.get(name) ?? 0;
    if (count > 1) {
      this.counts.set(name, count - 1);
    } else {
      this.counts.delete(name);
    }
  }
}
