import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type MessageEvent,
  type NestInterceptor,
} from '@nestjs/common';
import { Observable } from 'rxjs';
import { rawRequestOf, type HttpRequest } from '../http/http-request.js';
import { keepEventIds } from './keep-event-ids.js';
import { onHeartbeat } from './request-ids.js';

/** The metadata that `@Sse()` leaves on a handler. Its name is not exported by every version of Nest. */
const SSE_METADATA = '__sse__';

/** Nest's type wants data; Nest itself gives a comment alone no id. */
const HEARTBEAT = { comment: '' } as unknown as MessageEvent;

/** Puts `keepEventIds` and heartbeats behind every `@Sse()` handler, its operators and its interceptors. */
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
    onHeartbeat(rawRequestOf(request), () => subscriber.next(HEARTBEAT));
    return events$.pipe(keepEventIds(request)).subscribe(subscriber);
  });
}
