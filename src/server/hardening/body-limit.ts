import type { IncomingMessage, ServerResponse } from 'node:http';
import { overloaded } from '../../errors/overloaded.js';
import { hasJsonBody } from './json-body.js';
import { onAnswered } from './on-answered.js';

/** What a request has sent of its body so far. */
interface Body {
  readonly request: IncomingMessage;
  bytes: number;
}

/**
 * How many bytes of bodies this process holds at the same time, from their first byte to the answer. Beyond it, the
 * bodies that have been on their way for the longest are cut off: an honest one arrives in moments.
 */
export class BodyLimit {
  /** Those on their way, the first that came first. */
  private readonly arriving = new Set<Body>();
  private totalBytes = 0;

  constructor(private readonly maxBytes: number) {}

  /** Express middleware, right in front of the body parsers: answers 503 if no other body can be cut off. */
  admit(request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void {
    // What nobody reads, Node throws away.
    if (!hasJsonBody(request)) {
      next();
      return;
    }
    if (this.totalBytes >= this.maxBytes && this.arriving.size === 0) {
      next(overloaded('This node has as many messages under way as it may have.'));
      return;
    }
    const body = { request, bytes: 0 };
    const count = ({ length }: Buffer) => {
      body.bytes += length;
      this.totalBytes += length;
      this.shed();
    };
    this.arriving.add(body);
    // The parser, which follows in this tick, listens before the first byte is read.
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
      // Now, not when the socket tells that it is closed: otherwise all would be cut off for the one.
      this.forget(body);
    }
  }

  private forget(body: Body): void {
    this.arriving.delete(body);
    this.totalBytes -= body.bytes;
    body.bytes = 0;
  }
}
