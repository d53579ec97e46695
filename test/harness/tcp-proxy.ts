import { createServer, type Server, type Socket } from 'node:net';
import { freePort } from './free-port.js';
import { type Direction, ProxiedConnection, type Sieve } from './proxied-connection.js';

export interface TcpProxyOptions {
  /** Default: any free one. */
  port?: number;
  /** Asked for each connection: what passes of what the target sends. Default: everything. */
  sieve?: () => Sieve;
}

/** A TCP proxy of 127.0.0.1 that can be made a bad network. */
export class TcpProxy {
  private readonly open = new Set<ProxiedConnection>();
  private stalled = false;
  private delayMs = 0;
  private jitterMs = 0;

  private constructor(
    private readonly server: Server,
    readonly port: number,
    private targetPort: number,
    private readonly sieve: (() => Sieve) | undefined,
  ) {
    server.on('connection', (socket) => this.accept(socket));
  }

  static async start(targetPort: number, options: TcpProxyOptions = {}): Promise<TcpProxy> {
    // Half open, so that the end of one direction is passed on as just that.
    const server = createServer({ allowHalfOpen: true });
    const port = options.port ?? (await freePort());
    await listen(server, port);
    return new TcpProxy(server, port, targetPort, options.sieve);
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

  /**
   * Makes the connections that are open now, and whose client opened with what matches, silent as a black
   * hole does, in one direction or both. New ones are not touched. `restore()` ends it.
   */
  stall(matching: RegExp, direction: Direction = 'both'): void {
    for (const connection of this.matching(matching)) connection.stall(direction);
  }

  /** Breaks the connections that are open now, and whose client opened with what matches. */
  break(matching = /(?:)/): void {
    for (const connection of this.matching(matching)) connection.destroy();
  }

  /** Has new connections go to another port. Those that are open stay where they are. */
  retarget(targetPort: number): void {
    this.targetPort = targetPort;
  }

  /** Ends what `cut()`, `blackhole()` or `stall()` began, on the same port. The delay stays. */
  async restore(): Promise<void> {
    this.stalled = false;
    for (const connection of this.open) connection.flow();
    if (!this.server.listening) await listen(this.server, this.port);
  }

  /**
   * Delays every byte by this many milliseconds, in each direction, and by up to `jitterMs` more. 0 ends
   * the delay for later bytes.
   */
  delay(delayMs: number, jitterMs = 0): void {
    this.delayMs = delayMs;
    this.jitterMs = jitterMs;
  }

  async close(): Promise<void> {
    await this.cut();
  }

  private accept(socket: Socket): void {
    const connection = new ProxiedConnection(socket, {
      targetPort: this.targetPort,
      delayMs: () => this.delayMs + Math.random() * this.jitterMs,
      sieve: this.sieve?.(),
      onClose: () => this.open.delete(connection),
    });
    this.open.add(connection);
    if (!this.stalled) connection.flow();
  }

  private matching(pattern: RegExp): ProxiedConnection[] {
    return [...this.open].filter(({ opening }) => pattern.test(opening));
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
