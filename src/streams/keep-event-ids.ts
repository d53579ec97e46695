import type { MessageEvent } from '@nestjs/common';
import { map, type OperatorFunction } from 'rxjs';
import { rawRequestOf, type HttpRequest } from '../http/http-request.js';
import { streamOf, type RequestIds } from './request-ids.js';

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
  return map((value) => withKeptId(value, stream.ids));
}

/** @param ids undefined if no Birdsong stream answers the request */
export function withKeptId(value: unknown, ids: RequestIds | undefined): MessageEvent {
  if (!ids) {
    return value as MessageEvent;
  }
  // Nest accepts plain values too.
  const event = isEvent(value) ? value : { data: value as string };
  return isComment(event) ? event : withId(event, ids.assign(event.id));
}

function isEvent(value: unknown): value is MessageEvent {
  return typeof value === 'object' && value !== null;
}

/** Nest gives comments no id. */
function isComment({ id, type, data, retry, comment }: Partial<MessageEvent>): boolean {
  return [id, type, data, retry].every((field) => field === undefined) && comment !== undefined;
}

/** Copies field by field, because an event may have getters. */
function withId(event: MessageEvent, id: string): MessageEvent {
  if (event.id === id) {
    return event;
  }
  const { type, data, retry, comment }: Partial<MessageEvent> = event;
  return {
    id,
    data: data as string | object,
    ...(type !== undefined && { type }),
    ...(retry !== undefined && { retry }),
    ...(comment !== undefined && { comment }),
  };
}
