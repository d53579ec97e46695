import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { parse } from 'content-type';
import { isUtf8 } from 'node:buffer';
import { BirdsongError } from '../errors/birdsong-error.js';

/** Whether this Content-Type is JSON, whatever its parameters. */
export function isJsonType(contentType = ''): boolean {
  return parse(contentType, { parameters: false }).type === 'application/json';
}

export const notUtf8 = () => new BirdsongError('invalid-json', 'The body is not UTF-8.');

/**
 * Refuses a body that is not declared as JSON, which the parser would silently skip. In an app with Nest's option
 * `rawBody`, refuses one that is not UTF-8 too.
 */
@Injectable()
export class JsonBodyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers, rawBody } = context
      .switchToHttp()
      .getRequest<{ headers: Record<string, string | undefined>; rawBody?: unknown }>();
    if (!isJsonType(headers['content-type'])) {
      throw new BirdsongError('unsupported-media-type', 'The body must be application/json.');
    }
    // Only the bytes show it: the parser has put U+FFFD in place of what is not UTF-8.
    if (Buffer.isBuffer(rawBody) && !isUtf8(rawBody)) {
      throw notUtf8();
    }
    return true;
  }
}
