import { Logger } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { IsProxy } from './trusted-proxies.js';

/** Express middleware: warns once if requests seem to come through a proxy that is not trusted. */
export function proxyWarning(isProxy: IsProxy) {
  let hasWarned = false;
  return ({ headers, socket }: IncomingMessage, _: unknown, next: () => void): void => {
    const { remoteAddress = '' } = socket;
    if (headers['x-forwarded-for'] !== undefined && !hasWarned && !isProxy(remoteAddress, 0)) {
      hasWarned = true;
      new Logger('Birdsong').warn(
        `Limits count ${remoteAddress} as one client. If it is a proxy, TRUST_PROXY must say so.`,
      );
    }
    next();
  };
}
