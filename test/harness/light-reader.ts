import { get, type ClientRequest, type IncomingMessage } from 'node:http';
import { EventStreamParser, type ParsedEvent } from './event-stream-parser.js';

export interface LightReaderOptions {
  /** Returns where to connect, for each connection. */
  url: () => string;
  onEvent: (event: ParsedEvent, reader: LightReader) => void;
}

/** The farewell that a reader got from the server. */
export interface Farewell {
  /** When it was told, by `performance.now()`. */
  atMs: number;
  /** When it will reconnect. */
  backAtMs: number;
  /** What it had received by then. */
  lastEventId: string;
}

/**
 * Reads as WHATWG HTML §9.2.3 has an EventSource do: whatever ends the stream, it comes back after the
 * `retry:` it was told last, with its Last-Event-ID; an answer that is no stream ends it for good. Keeps no
 * events, so that thousands of it fit beside the server under test.
 */
export class LightReader {
  readonly farewells: Farewell[] = [];
  /** How often a stream opened. */
  openCount = 0;
  /** The status that ended it for good. */
  refusedWith: number | undefined;
  lastEventId = '';

  private retryMs = 3000;
  private timer: NodeJS.Timeout | undefined;
  private request: ClientRequest | undefined;
  private isClosed = false;

  constructor(private readonly options: LightReaderOptions) {
    this.connect();
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
    this.request?.destroy();
  }

  private connect(): void {
    const headers = this.lastEventId === '' ? {} : { 'Last-Event-ID': this.lastEventId };
    this.request = get(this.options.url(), {
      agent: false,
      headers: { Accept: 'text/event-stream', Connection: 'keep-alive', ...headers },
    });
    this.request.once('response', (response) => this.read(response));
    this.request.once('error', () => undefined);
    this.request.once('close', () => this.comeBack());
  }

  private read(response: IncomingMessage): void {
    if (response.statusCode !== 200) {
      this.refusedWith = response.statusCode;
      this.close();
      return;
    }
    this.openCount++;
    const parser = new EventStreamParser((event) => this.take(event, parser));
    parser.lastEventId = this.lastEventId;
    response.on('data', (chunk: Buffer) => {
      parser.push(chunk);
      this.retryMs = parser.retry ?? this.retryMs;
    });
    response.once('error', () => undefined);
  }

  private take(event: ParsedEvent, { lastEventId, retry }: EventStreamParser): void {
    if (event.id !== undefined) this.lastEventId = lastEventId;
    if (event.event === 'stream.closing') {
      const atMs = performance.now();
      this.farewells.push({ atMs, backAtMs: atMs + (retry ?? this.retryMs), lastEventId });
    }
    this.options.onEvent(event, this);
  }

  private comeBack(): void {
    if (!this.isClosed) this.timer = setTimeout(() => this.connect(), this.retryMs);
  }
}
