import type { MessageEvent } from '@nestjs/common';
import { Observable, type OperatorFunction } from 'rxjs';
import { rawRequestOf, type HttpRequest } from '../http/http-request.js';
import { streamOf, type RequestIds, type RequestStream } from './request-ids.js';

/**
 * Gives each event without an id the id of the event before it. Otherwise Nest would number such events, which moves
 * the client's Last-Event-ID to a number that is no position in any channel. For the same reason it replaces ids of the
 * app's own.
 *
 * Birdsong applies it to every `@Sse()` handler, after its interceptors. Use it where something adds events after that,
 * such as an interceptor that another module registered as `APP_INTERCEPTOR` before `BirdsongModule`.
 *
 * @param request the handler's request; without a Birdsong stream for it, events pass unchanged
 */
export function keepEventIds(request: HttpRequest): OperatorFunction<unknown, MessageEvent> {
  const stream = streamOf(rawRequestOf(request));
  return (events$) => passOn(events$, stream);
}

/** Passes events on with their ids. Without a Birdsong stream for the request they pass unchanged. */
export function passOn(
  events$: Observable<unknown>,
  stream: RequestStream,
): Observable<MessageEvent> {
  return new Observable((subscriber) => {
    const next = (event: MessageEvent) => subscriber.next(event);
    return events$.subscribe({
      next: (value) => passOne(value, stream.ids, next),
      error: (error: unknown) => {
        stream.ids?.flush();
        subscriber.error(error);
      },
      complete: () => {
        stream.ids?.flush();
        subscriber.complete();
      },
    });
  });
}

function passOne(
  value: unknown,
  ids: RequestIds | undefined,
  next: (event: MessageEvent) => void,
): void {
  if (!ids || isComment(value)) {
    next(value as MessageEvent);
  } else {
    // Nest accepts plain values too.
    ids.pass(isEvent(value) ? value : { data: value as string }, next);
  }
}

function isEvent(value: unknown): value is MessageEvent {
  return typeof value === 'object' && value !== null;
}

/** Nest gives comments no id. */
function isComment(value: unknown): boolean {
  const { id, type, data, retry, comment } = (value ?? {}) as Partial<MessageEvent>;
  return [id, type, data, retry].every((field) => field === undefined) && comment !== undefined;
}
