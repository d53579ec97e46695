import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Server } from 'node:http';
import type { Http2Server, ServerHttp2Session } from 'node:http2';

const CHECK_INTERVAL_MS = 50;

/** Closes the connections of the app's HTTP server, if it has one, when the app stops. */
@Injectable()
export class OpenConnections implements OnModuleInit {
  /** The open HTTP/2 sessions. Node itself tracks connections of HTTP/1.1. */
  private readonly sessions = new Set<ServerHttp2Session>();
  private isClosing = false;

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  /** @throws Error if the app's HTTP adapter is not built on Node's `http` */
  onModuleInit(): void {
    const { server } = this;
    if (server && typeof (server as Partial<Server>).on !== 'function') {
      throw new Error(
        "Birdsong needs an HTTP adapter on Node's http server: use @nestjs/platform-express or @nestjs/platform-fastify.",
      );
    }
    server?.on('session', (session: ServerHttp2Session) => {
      this.sessions.add(session);
      session.once('close', () => this.sessions.delete(session));
      if (this.isClosing) {
        session.close();
      }
    });
  }

  /** Makes each further answer end its connection, so that the client opens its next one to another node. */
  announceClose(): void {
    const { server } = this;
    if (server && 'closeIdleConnections' in server) {
      server.prependListener('request', (_request, response) => {
        response.setHeader('Connection', 'close');
      });
    }
  }

  /**
   * Closes each connection once it is idle. When its server closes, Node closes only the connections that are idle at
   * that moment, and then waits for the others, however often they are used again.
   */
  closeWhenIdle(): void {
    this.isClosing = true;
    for (const session of this.sessions) {
      session.close();
    }
    const { server } = this;
    if (server?.listening && 'closeIdleConnections' in server) {
      const checking = setInterval(() => server.closeIdleConnections(), CHECK_INTERVAL_MS);
      server.once('close', () => clearInterval(checking));
    }
  }

  cutOff(): void {
    for (const session of this.sessions) {
      session.destroy();
    }
    const { server } = this;
    if (server && 'closeAllConnections' in server) {
      server.closeAllConnections();
    }
  }

  /** Undefined in an app without HTTP, which only publishes. */
  private get server(): Server | Http2Server | undefined {
    const adapter = this.adapterHost.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
    return adapter?.getHttpServer() as Server | Http2Server | undefined;
  }
}
