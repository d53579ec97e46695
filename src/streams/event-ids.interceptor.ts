import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type MessageEvent,
  type NestInterceptor,
} from '@nestjs/common';
import { Observable } from 'rxjs';
import { rawRequestOf, type HttpRequest } from '../http/http-request.js';
import { passOn } from './keep-event-ids.js';
import { streamOf } from './request-ids.js';

/** The metadata key that `@Sse()` sets on a handler. Not every version of Nest exports it. */
const SSE_METADATA = '__sse__';

/** Without data, because Nest then gives the comment no id. Nest's type requires it. */
const HEARTBEAT = { comment: '' } as unknown as MessageEvent;

/** Applies `keepEventIds` and heartbeats to every `@Sse()` handler, after its operators and its interceptors. */
@Injectable()
export class EventIdsInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const handler: unknown = context.getHandler();
    return typeof handler === 'function' && Reflect.hasMetadata(SSE_METADATA, handler)
      ? complete(next.handle(), context.switchToHttp().getRequest<HttpRequest>())
      : next.handle();
  }
}

function complete(events$: Observable<unknown>, request: HttpRequest): Observable<MessageEvent> {
  return new Observable((subscriber) => {
    const stream = streamOf(rawRequestOf(request));
    stream.heartbeat = () => subscriber.next(HEARTBEAT);
    return passOn(events$, stream).subscribe(subscriber);
  });
}
