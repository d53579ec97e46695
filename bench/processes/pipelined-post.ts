import { connect, type Socket } from 'node:net';

/** More than a server that keeps up would ever leave unanswered. */
const MAX_UNANSWERED = 64;

const ANSWER = 'HTTP/1.1 ';

/**
 * Posts over one connection without waiting for the answers before, so that posts stay in order and a
 * slow answer holds nothing up.
 */
export class PipelinedPost {
  private readonly unanswered: { resolve: () => void; reject: (error: Error) => void }[] = [];
  private readonly socket: Socket;
  private text = '';

  constructor(
    private readonly port: number,
    private readonly path: string,
  ) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true }).setEncoding('latin1');
    this.socket.on('data', (part: string) => this.read(part));
    this.socket.on('error', () => undefined);
    this.socket.once('close', () => {
      for (const { reject } of this.unanswered.splice(0)) reject(new Error('Connection closed'));
    });
  }

  get canPost(): boolean {
    return this.unanswered.length < MAX_UNANSWERED;
  }

  post(body: string): Promise<void> {
    if (this.socket.destroyed) return Promise.reject(new Error('Connection closed'));
    this.socket.write(
      `POST ${this.path} HTTP/1.1\r\nHost: 127.0.0.1:${this.port}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
    return new Promise((resolve, reject) => this.unanswered.push({ resolve, reject }));
  }

  close(): void {
    this.socket.destroy();
  }

  private read(part: string): void {
    this.text += part;
    // The digits of the status must have arrived too.
    for (
      let start = this.text.indexOf(ANSWER);
      start >= 0 && this.text.length >= start + ANSWER.length + 3;
      start = this.text.indexOf(ANSWER)
    ) {
      const status = this.text.slice(start + ANSWER.length, start + ANSWER.length + 3);
      this.text = this.text.slice(start + ANSWER.length + 3);
      const next = this.unanswered.shift();
      if (status.startsWith('2')) next?.resolve();
      else next?.reject(new Error(`Answered ${status}`));
    }
    // Bodies and headers are ignored, but the end may hold half a status line.
    this.text = this.text.slice(-ANSWER.length - 3);
  }
}
