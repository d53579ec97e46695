import { connect, type Socket } from 'node:net';
import { OneWay } from './one-way.js';

export type Direction = 'both' | 'to-client' | 'to-target';

/** Bytes from the client that `opening` keeps: enough for what a client says of itself. */
const OPENING_BYTES = 1000;

/** Filters a chunk from the target. It may destroy the connection after the part that it returns. */
export type Sieve = (chunk: Buffer, connection: ProxiedConnection) => Buffer;

export interface ProxiedConnectionOptions {
  readonly targetPort: number;
  readonly delayMs: () => number;
  readonly sieve: Sieve | undefined;
  readonly onClose: () => void;
}

/** One connection through a TcpProxy: the client's socket, the target's, and the way between. */
export class ProxiedConnection {
  private target: Socket | undefined;
  private readonly ways: OneWay[] = [];
  private closed = false;
  private openingText = '';

  /** Begins stalled. The target is dialled when it first flows. */
  constructor(
    private readonly client: Socket,
    private readonly options: ProxiedConnectionOptions,
  ) {
    client.pause();
    this.watch(client);
  }

  /** The first that the client said: which one it is. */
  get opening(): string {
    return this.openingText;
  }

  flow(): void {
    if (this.closed) return;
    if (this.target === undefined) this.dial();
    for (const way of this.ways) way.flow();
  }

  stall(direction: Direction = 'both'): void {
    const [toTarget, toClient] = this.ways;
    if (direction !== 'to-client') toTarget?.stall();
    if (direction !== 'to-target') toClient?.stall();
  }

  destroy(): void {
    if (this.closed) return;
    this.closed = true;
    for (const way of this.ways) way.stall();
    this.client.destroy();
    this.target?.destroy();
    this.options.onClose();
  }

  private dial(): void {
    const { targetPort, delayMs, sieve } = this.options;
    const target = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true });
    this.watch(target);
    this.target = target;
    this.ways.push(new OneWay(this.client, target, delayMs, (chunk) => this.note(chunk)));
    this.ways.push(
      new OneWay(target, this.client, delayMs, sieve && ((chunk) => sieve(chunk, this))),
    );
  }

  private note(chunk: Buffer): Buffer {
    const room = OPENING_BYTES - this.openingText.length;
    if (room > 0) this.openingText += chunk.toString('latin1', 0, room);
    return chunk;
  }

  private watch(socket: Socket): void {
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.once('close', (hadError) => {
      if (hadError || this.bothClosed()) this.destroy();
    });
  }

  private bothClosed(): boolean {
    return this.client.destroyed && this.target?.destroyed !== false;
  }
}
