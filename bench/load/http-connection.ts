import type { Socket } from 'node:net';

/** A keep-alive connection with one request at a time, whose answers have a Content-Length. */
export class HttpConnection {
  private text = '';
  private answered: ((answer: string) => void) | undefined;
  private failed: ((error: Error) => void) | undefined;

  constructor(private readonly socket: Socket) {
    socket.setEncoding('latin1');
    socket.on('data', (part: string) => this.read(part));
    socket.on('error', (error) => this.failed?.(error));
    socket.once('close', () => this.failed?.(new Error('The server closed a connection')));
  }

  exchange(request: Buffer): Promise<string> {
    return new Promise((resolve, reject) => {
      this.answered = resolve;
      this.failed = reject;
      this.socket.write(request);
    });
  }

  close(): void {
    this.failed = undefined;
    this.socket.resetAndDestroy();
  }

  private read(part: string): void {
    this.text += part;
    const head = this.text.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.text)?.[1];
    if (length === undefined) {
      this.failed?.(new Error(`An answer without a length: ${this.text}`));
    } else if (this.text.length >= head + 4 + Number(length)) {
      const answer = this.text;
      this.text = '';
      this.answered?.(answer);
    }
  }
}
