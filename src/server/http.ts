import type { NestExpressApplication } from '@nestjs/platform-express';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Environment } from './environment.js';
import { harden } from './hardening/harden.js';

/** The chat page, as the build leaves it. */
const WEB_ROOT = join(import.meta.dirname, '..', 'web');

/** Node's 511 would leave clients of a reconnect storm waiting for seconds to be let in. */
const LISTEN_BACKLOG = 4096;

export function configure(app: NestExpressApplication, environment: Environment): void {
  app.disable('x-powered-by');
  // A send is small and history is not cached: hashing every answer would be for nothing.
  app.disable('etag');
  app.useSecurityHeaders({
    contentSecurityPolicy: { directives: { 'upgrade-insecure-requests': null } },
    // Whether this host is only for HTTPS is for the proxy that terminates it to say.
    strictTransportSecurity: false,
  });
  if (environment.CORS_ORIGINS) {
    app.enableCors({ origin: environment.CORS_ORIGINS, exposedHeaders: ['Retry-After'] });
  }
  harden(app, environment);
  app.useStaticAssets(WEB_ROOT, {
    setHeaders: (response: ServerResponse, path: string) => {
      // Vite names assets by their content; the page itself is asked for anew each time.
      const isNamedByContent = path.startsWith(join(WEB_ROOT, 'assets'));
      response.setHeader(
        'Cache-Control',
        isNamedByContent ? 'public, max-age=31536000, immutable' : 'no-cache',
      );
    },
  });
}

/** @returns the address to open in a browser */
export async function listen(
  app: NestExpressApplication,
  { PORT, HOST }: Environment,
): Promise<string> {
  await app.init();
  const server = app.getHttpServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: PORT, host: HOST, backlog: LISTEN_BACKLOG }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return urlOf(HOST, (server.address() as AddressInfo).port);
}

function urlOf(host: string, port: number): string {
  const isAny = host === '0.0.0.0' || host === '::';
  const name = isAny ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}
