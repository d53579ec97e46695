import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { BirdsongError } from '../errors/birdsong.error.js';

/** Refuses a body that is not declared as JSON, which the parser would silently leave unread. */
@Injectable()
export class JsonBodyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context
      .switchToHttp()
      .getRequest<{ headers: Record<string, string | undefined> }>();
    if (!/^application\/json\s*(?:;|$)/i.test(headers['content-type'] ?? '')) {
      throw new BirdsongError('unsupported-media-type', 'The body must be application/json.');
    }
    return true;
  }
}
