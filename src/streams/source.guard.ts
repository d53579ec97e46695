import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { responseOf, type HttpRequest } from '../http/http-request.js';
import { watchSource } from './take-over.js';

/** A guard only because guards run before Nest pipes its event stream, and interceptors run after. */
@Injectable()
export class SourceGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    watchSource(responseOf(http.getRequest<HttpRequest>(), http.getResponse<unknown>()));
    return true;
  }
}
