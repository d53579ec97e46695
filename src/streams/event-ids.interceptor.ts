import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Observable } from 'rxjs';
import { rawRequestOf, rawResponseOf, type HttpRequest } from '../http/http-request.js';
import { passOn } from './keep-event-ids.js';
import { correctNestOutput } from './nest-output.js';
import { streamOf } from './request-ids.js';

/** The metadata key that `@Sse()` sets on a handler. Not every version of Nest exports it. */
const SSE_METADATA = '__sse__';

/** Applies `keepEventIds` to every `@Sse()` handler, after its operators and its interceptors. */
@Injectable()
export class EventIdsInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const handler: unknown = context.getHandler();
    if (typeof handler !== 'function' || !Reflect.hasMetadata(SSE_METADATA, handler)) {
      return next.handle();
    }
    const http = context.switchToHttp();
    const stream = streamOf(rawRequestOf(http.getRequest<HttpRequest>()));
    stream.response = rawResponseOf(http.getResponse());
    correctNestOutput(stream.response);
    return passOn(next.handle(), stream);
  }
}
