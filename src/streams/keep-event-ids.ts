import type { MessageEvent } from '@nestjs/common';
import { map, type OperatorFunction } from 'rxjs';
import { rawRequestOf, type HttpRequest } from '../http/http-request.js';
import { streamOf, type RequestIds } from './request-ids.js';

/**
 * Gives each event without an id that of the event before it. Nest numbers such events, which moves the client's
 * Last-Event-ID to a number that is no place in any channel. An id of the app's own is replaced for the same reason.
 *
 * Birdsong puts it behind every `@Sse()` handler and its interceptors. It is for what adds events behind that, such as
 * an interceptor that another module registered as `APP_INTERCEPTOR` before `BirdsongModule`.
 *
 * @param request as the handler has it; without a stream of Birdsong, events pass as they are
 */
export function keepEventIds(request: HttpRequest): OperatorFunction<unknown, MessageEvent> {
  const stream = streamOf(rawRequestOf(request));
  return map((value) => withKeptId(value, stream.ids));
}

/** @param ids nothing where no stream of Birdsong answers the request */
export function withKeptId(value: unknown, ids: RequestIds | undefined): MessageEvent {
  if (!ids) {
    return value as MessageEvent;
  }
  // As Nest does.
  const event = isEvent(value) ? value : { data: value as string };
  return isComment(event) ? event : withId(event, ids.pass(event.id));
}

function isEvent(value: unknown): value is MessageEvent {
  return typeof value === 'object' && value !== null;
}

/** Nest gives it no id. */
function isComment({ id, type, data, retry, comment }: Partial<MessageEvent>): boolean {
  return [id, type, data, retry].every((field) => field === undefined) && comment !== undefined;
}

/** Field by field, as an event may have getters. */
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
