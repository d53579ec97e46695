import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Server } from 'node:http';
import type { Http2Server, ServerHttp2Session } from 'node:http2';

const CHECK_INTERVAL_MS = 50;

/** The connections of the app's HTTP server, if it has one, when it stops. */
@Injectable()
export class OpenConnections implements OnModuleInit {
  /** Of HTTP/2; of HTTP/1.1, Node itself knows them. */
  private readonly sessions = new Set<ServerHttp2Session>();
  private isClosing = false;

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  onModuleInit(): void {
    this.server?.on('session', (session: ServerHttp2Session) => {
      this.sessions.add(session);
      session.once('close', () => this.sessions.delete(session));
      if (this.isClosing) {
        session.close();
      }
    });
  }

  /** From now on, each answer ends its connection, so that its client opens the next one elsewhere. */
  announceClose(): void {
    const { server } = this;
    if (server && 'closeIdleConnections' in server) {
      server.prependListener('request', (_request, response) => {
        response.setHeader('Connection', 'close');
      });
    }
  }

  /**
   * For a server that is about to close: Node closes the connections that are idle at that moment, and then waits
   * for those that were busy, however often they are used again. This ends each once its answer is written.
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

  /** An app without HTTP, which only publishes, has none. */
  private get server(): Server | Http2Server | undefined {
    const adapter = this.adapterHost.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
    return adapter?.getHttpServer() as Server | Http2Server | undefined;
  }
}
