import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { HttpRequest } from '../http/http-request.js';
import { keepEventIds } from './keep-event-ids.js';

/** The metadata key that `@Sse()` sets on a handler. Not every version of Nest exports it. */
const SSE_METADATA = '__sse__';

/** Applies `keepEventIds` to every `@Sse()` handler, after its operators and its interceptors. */
@Injectable()
export class EventIdsInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const isEventStream = Reflect.hasMetadata(SSE_METADATA, context.getHandler());
    return isEventStream
      ? next.handle().pipe(keepEventIds(context.switchToHttp().getRequest<HttpRequest>()))
      : next.handle();
  }
}
