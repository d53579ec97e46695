import { createServer, type Server, type Socket } from 'node:net';
import { freePort } from './free-port.js';
import { ProxiedConnection } from './proxied-connection.js';

export interface TcpProxyOptions {
  /** Default: any free one. */
  port?: number;
}

/** A TCP proxy of 127.0.0.1 that can be made a bad network. */
export class TcpProxy {
  private readonly open = new Set<ProxiedConnection>();
  private stalled = false;
  private delayMs = 0;

  private constructor(
    private readonly server: Server,
    readonly port: number,
    private readonly targetPort: number,
  ) {
    server.on('connection', (socket) => this.accept(socket));
  }

  static async start(targetPort: number, options: TcpProxyOptions = {}): Promise<TcpProxy> {
    // Half open, so that the end of one direction is passed on as just that.
    const server = createServer({ allowHalfOpen: true });
    const port = options.port ?? (await freePort());
    await listen(server, port);
    return new TcpProxy(server, port, targetPort);
  }

  /** How many connections are open. */
  get connections(): number {
    return this.open.size;
  }

  /** Breaks all connections; new ones are refused until `restore()`. */
  async cut(): Promise<void> {
    const closed = this.stopListening();
    for (const connection of this.open) connection.destroy();
    await closed;
  }

  /**
   * Connections stay open and new ones are accepted, but nothing goes either way, neither bytes nor
   * the news that a side has closed, until `restore()`, which lets all that was held flow.
   */
  blackhole(): void {
    this.stalled = true;
    for (const connection of this.open) connection.stall();
  }

  /** Ends what `cut()` or `blackhole()` began, on the same port. The delay stays. */
  async restore(): Promise<void> {
    this.stalled = false;
    for (const connection of this.open) connection.flow();
    if (!this.server.listening) await listen(this.server, this.port);
  }

  /** Holds every byte back for so many milliseconds, in each direction. 0 ends it for what comes. */
  delay(delayMs: number): void {
    this.delayMs = delayMs;
  }

  async close(): Promise<void> {
    await this.cut();
  }

  private accept(socket: Socket): void {
    const connection = new ProxiedConnection(
      socket,
      this.targetPort,
      () => this.delayMs,
      () => this.open.delete(connection),
    );
    this.open.add(connection);
    if (!this.stalled) connection.flow();
  }

  private stopListening(): Promise<void> {
    if (!this.server.listening) return Promise.resolve();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
