import { connect, type Socket } from 'node:net';
import { nowUs } from '../clock.js';
import type { Latencies } from './latencies.js';
import { MessageScanner, readAtUs, type MessageSink } from './message-scanner.js';
import type { Tally } from './tally.js';

export interface ReaderOptions {
  readonly port: number;
  readonly path: string;
  readonly headers: string;
  /** What the server has written once the reader gets every message. */
  readonly readyMark: string;
  /** The number of the first message it must get. */
  readonly firstSeq: number;
  readonly localAddress: string;
  /** Which of the readers it is. */
  readonly index: number;
}

/** Shared by all readers, as each read is scanned before the next one. */
const shared = Buffer.allocUnsafe(256 * 1024);

/** One event stream over a raw socket. */
export class Reader implements MessageSink {
  /** Rejects if there is no stream, but never once it is open. */
  readonly opened: Promise<void>;
  private readonly socket: Socket;
  private readonly scanner = new MessageScanner(this);
  private readonly index: number;
  private latencies: Latencies | undefined;
  private nextSeq: number;
  private beginning: string | undefined = '';
  private isClosed = false;
  private open: () => void = () => undefined;
  private fail: (error: Error) => void = () => undefined;

  constructor(
    { port, path, headers, readyMark, firstSeq, localAddress, index }: ReaderOptions,
    private readonly tally: Tally,
  ) {
    this.index = index;
    this.nextSeq = firstSeq;
    this.opened = new Promise((resolve, reject) => {
      this.open = resolve;
      this.fail = reject;
    });
    const callback = (length: number): boolean => {
      if (this.beginning === undefined) this.read(length);
      else this.readBeginning(length, readyMark);
      return true;
    };
    this.socket = connect({
      ...{ port, host: '127.0.0.1', localAddress },
      onread: { buffer: shared, callback },
    });
    this.socket.on('error', (error) => this.fail(error));
    this.socket.once('close', () => this.lose());
    this.socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: text/event-stream\r\n${headers}\r\n`,
    );
  }

  message(seq: number, bytes: Buffer, atStart: number): void {
    const { tally } = this;
    if (seq === this.nextSeq) {
      this.nextSeq += 1;
      tally.deliveredCount += 1;
      this.latencies?.add(tally.lastAtUs - readAtUs(bytes, atStart));
    } else if (seq < this.nextSeq) {
      tally.repeatedCount += 1;
    } else {
      tally.missedCount += seq - this.nextSeq;
      this.nextSeq = seq + 1;
    }
  }

  /** Leaves everything in the socket. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Resets the connection, so that no port stays occupied afterwards. */
  close(): void {
    this.isClosed = true;
    this.socket.resetAndDestroy();
  }

  private readBeginning(length: number, readyMark: string): void {
    const text = (this.beginning ?? '') + shared.toString('latin1', 0, length);
    this.beginning = text;
    if (text.includes('\r\n\r\n') && !text.startsWith('HTTP/1.1 200 ')) {
      this.fail(new Error(`No event stream: ${text.slice(0, 500)}`));
      return;
    }
    const mark = text.indexOf(readyMark);
    if (mark < 0) return;
    this.beginning = undefined;
    this.open();
    const rest = Buffer.from(text.slice(mark + readyMark.length), 'latin1');
    if (rest.length > 0) {
      rest.copy(shared);
      this.read(rest.length);
    }
  }

  private read(length: number): void {
    this.tally.lastAtUs = nowUs();
    this.latencies = this.tally.latenciesOf(this.index);
    this.tally.readBytes?.(shared, length);
    this.scanner.take(shared, length);
    this.tally.look();
  }

  private lose(): void {
    if (this.isClosed) return;
    this.fail(new Error('The server closed a connection'));
    this.tally.lostCount += 1;
    this.tally.look();
  }
}
