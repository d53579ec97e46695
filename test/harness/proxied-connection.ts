import { connect, type Socket } from 'node:net';
import { OneWay } from './one-way.js';

/** One connection through a TcpProxy: the client's socket, the target's, and the way between. */
export class ProxiedConnection {
  private target: Socket | undefined;
  private readonly ways: OneWay[] = [];
  private closed = false;

  /** Begins stalled. The target is dialled when it first flows. */
  constructor(
    private readonly client: Socket,
    private readonly targetPort: number,
    private readonly delayMs: () => number,
    private readonly onClose: () => void,
  ) {
    client.pause();
    this.watch(client);
  }

  flow(): void {
    if (this.closed) return;
    if (this.target === undefined) {
      const target = connect({ port: this.targetPort, host: '127.0.0.1', allowHalfOpen: true });
      this.watch(target);
      this.target = target;
      this.ways.push(new OneWay(this.client, target, this.delayMs));
      this.ways.push(new OneWay(target, this.client, this.delayMs));
    }
    for (const way of this.ways) way.flow();
  }

  stall(): void {
    for (const way of this.ways) way.stall();
  }

  destroy(): void {
    if (this.closed) return;
    this.closed = true;
    for (const way of this.ways) way.stall();
    this.client.destroy();
    this.target?.destroy();
    this.onClose();
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
