import type { NestExpressApplication } from '@nestjs/platform-express';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Environment } from './environment.js';
import { harden } from './hardening/harden.js';

/** The built chat page. */
const WEB_ROOT = join(import.meta.dirname, '..', 'web');

/** With Node's default of 511, clients in a reconnect storm would wait seconds to connect. */
const LISTEN_BACKLOG = 4096;

/** How long a browser may keep the answer to a preflight. */
const PREFLIGHT_SECONDS = 600;

export function configure(app: NestExpressApplication, environment: Environment): void {
  app.disable('x-powered-by');
  // Answers to sends are small and history is not cached, so hashing every answer would be wasted.
  app.disable('etag');
  app.useSecurityHeaders({
    contentSecurityPolicy: { directives: { 'upgrade-insecure-requests': null } },
    // Only the proxy that terminates TLS knows whether this host is HTTPS only.
    strictTransportSecurity: false,
  });
  if (environment.CORS_ORIGINS) {
    app.enableCors({
      origin: environment.CORS_ORIGINS,
      credentials: true,
      exposedHeaders: ['Retry-After', 'RateLimit', 'RateLimit-Policy'],
      maxAge: PREFLIGHT_SECONDS,
    });
  }
  harden(app, environment);
  app.useStaticAssets(WEB_ROOT, {
    setHeaders: (response: ServerResponse, path: string) => {
      // Vite names assets by their content. The page itself must be revalidated each time.
      const isNamedByContent = path.startsWith(join(WEB_ROOT, 'assets'));
      if (environment.SIGN_IN === 'development' && !isNamedByContent) {
        // The page can read this cookie. It asks for nothing that a server does not offer.
        response.setHeader('Set-Cookie', 'birdsong-sign-in=offered; Path=/; SameSite=Strict');
      }
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
