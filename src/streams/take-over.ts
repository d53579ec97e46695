import { SSE_ABORT_CONTROLLER, type MessageEvent } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { Observable } from 'rxjs';
import { trimResponse } from './trim-response.js';

const SOURCE = Symbol('birdsong.source');

interface NestRequest extends IncomingMessage {
  [SSE_ABORT_CONTROLLER]?: AbortController;
}

interface NestResponse extends ServerResponse {
  /** Nest's stream of events for this response, once Nest has piped it. */
  [SOURCE]?: Readable | null;
}

/**
 * Remembers what Nest will pipe into this response. To be called before that: in a guard, or in a handler
 * of a route without interceptors.
 */
export function watchSource(response: ServerResponse): void {
  const watched = response as NestResponse;
  if (watched[SOURCE] === undefined) {
    watched[SOURCE] = null;
    watched.once('pipe', (source: Readable) => (watched[SOURCE] = source));
  }
}

/**
 * Lets Nest open the event stream of an `@Sse()` route (status, headers), then hands the response over.
 * The observable never emits: whoever took over writes to the response. See
 * docs/decisions/0004-the-fast-lane.md.
 *
 * @param open called once the headers are out; not called if they never are, or for a HEAD request
 */
export function takeOver(
  request: IncomingMessage,
  response: ServerResponse,
  open: () => void,
): Observable<MessageEvent> {
  watchSource(response);
  return new Observable((subscriber) => {
    if (request.method === 'HEAD') {
      subscriber.complete();
      return;
    }
    const source = (response as NestResponse)[SOURCE];
    if (source) {
      // Nest's stream must not end the response when it completes. That it completes lets Nest forget the
      // request: about 20 kB for every reader.
      source.unpipe(response);
      (response as NestResponse)[SOURCE] = null;
      holdSignal(request);
      subscriber.complete();
    }
    whenHeadersAreOut(response, () => {
      trimResponse(request, response);
      open();
    });
  });
}

/** Nest aborts `@SseSignal()` on completion; its meaning is that the client has left: see `releaseSignal`. */
function holdSignal(request: NestRequest): void {
  const controller = request[SSE_ABORT_CONTROLLER];
  if (controller) {
    controller.abort = ignore;
  }
}

/** To be called once the response of a request that was taken over is closed. */
export function releaseSignal(request: NestRequest): void {
  const controller = request[SSE_ABORT_CONTROLLER];
  if (controller?.abort === ignore) {
    Reflect.deleteProperty(controller, 'abort');
    controller.abort();
  }
}

const ignore = () => undefined;

function whenHeadersAreOut(response: ServerResponse, open: () => void): void {
  if (response.writableEnded || response.destroyed) {
    return;
  }
  if (!response.socket) {
    // Pipelined behind another response. Until it has a socket, Node does not even tell that it is closed.
    response.once('socket', () => whenHeadersAreOut(response, open));
  } else if (response.headersSent) {
    open();
  } else {
    // Without the source, or behind an interceptor that delays completion, Nest sends them by a timer.
    setImmediate(whenHeadersAreOut, response, open);
  }
}
