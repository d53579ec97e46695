import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { parse } from 'content-type';
import { BirdsongError } from '../errors/birdsong-error.js';

/** Whether this Content-Type is JSON, whatever its parameters. */
export function isJsonType(contentType = ''): boolean {
  return parse(contentType, { parameters: false }).type === 'application/json';
}

/** Refuses a body that is not declared as JSON: the parser would silently skip it. */
@Injectable()
export class JsonBodyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context
      .switchToHttp()
      .getRequest<{ headers: Record<string, string | undefined> }>();
    if (!isJsonType(headers['content-type'])) {
      throw new BirdsongError('unsupported-media-type', 'The body must be application/json.');
    }
    return true;
  }
}
