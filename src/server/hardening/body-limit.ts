import type { IncomingMessage, ServerResponse } from 'node:http';
import { overloaded } from '../../errors/overloaded.js';
import { hasJsonBody } from './json-body.js';
import { onAnswered } from './on-answered.js';

/** The body of a request, as far as it has arrived. */
interface Body {
  readonly request: IncomingMessage;
  bytes: number;
}

/**
 * Limits the bytes of bodies that this process holds at the same time, from their first byte to the answer. Beyond the
 * limit, the bodies that have been arriving for the longest are cut off: an honest one arrives in moments.
 */
export class BodyLimit {
  /** Bodies that are still arriving, the oldest first. */
  private readonly arriving = new Set<Body>();
  private totalBytes = 0;

  constructor(private readonly maxBytes: number) {}

  /** Express middleware, directly before the body parsers: answers 503 if no arriving body can be cut off. */
  admit(request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void {
    // Node discards a body that nothing reads.
    if (!hasJsonBody(request)) {
      next();
      return;
    }
    if (this.totalBytes >= this.maxBytes && this.arriving.size === 0) {
      next(overloaded('This node has reached its limit of messages in progress.'));
      return;
    }
    const body = { request, bytes: 0 };
    const count = ({ length }: Buffer) => {
      body.bytes += length;
      this.totalBytes += length;
      this.shed();
    };
    this.arriving.add(body);
    // The parser attaches its own listener in this tick, before the first byte is read.
    request.on('data', count).once('end', () => this.arriving.delete(body));
    onAnswered(request, response, () => {
      request.off('data', count);
      this.forget(body);
    });
    next();
  }

  private shed(): void {
    for (const body of this.arriving) {
      if (this.totalBytes <= this.maxBytes) {
        return;
      }
      body.request.socket.destroy();
      // Forgotten now rather than on the socket's `close`: otherwise the loop would cut off every body.
      this.forget(body);
    }
  }

  private forget(body: Body): void {
    this.arriving.delete(body);
    this.totalBytes -= body.bytes;
    body.bytes = 0;
  }
}
