import * as http from 'node:http';
import { EventStreamParser, type ParsedEvent } from '../../harness/event-stream-parser.js';
import type { ReadyPart } from './record.js';
import { Witness } from './witness.js';

export interface RecordingReaderOptions {
  readonly name: string;
  readonly channels: readonly string[];
  /** The origins of the nodes that it connects to, in turn, beginning with the first. */
  readonly origins: readonly string[];
  /** Sent as `Authorization: Bearer`. Default: none. */
  readonly token?: string | undefined;
  /** How long it waits before it reconnects. Default: 50 ms, so that many outages fit into a test. */
  readonly retryMs?: number;
}

/**
 * Reads as an EventSource does (WHATWG HTML §9.2): comes back whenever the connection breaks or ends, with
 * the id of the last event that was complete, and gives up at any status but 200. Notes what it sees.
 */
export class RecordingReader extends Witness {
  private lastEventId = '';
  private connections = 0;
  private request: http.ClientRequest | undefined;
  private retrying: NodeJS.Timeout | undefined;
  private isReady = false;
  private isClosed = false;

  constructor(private readonly options: RecordingReaderOptions) {
    super(options.name, options.channels);
    this.connect();
  }

  override ready(): Promise<void> {
    return this.until(() => this.isReady);
  }

  override leave(): void {
    clearTimeout(this.retrying);
    const { request } = this;
    this.request = undefined;
    this.isReady = false;
    this.see({ kind: 'disconnected', how: 'left' });
    request?.destroy();
  }

  override async comeBack(): Promise<void> {
    this.connect();
    await this.ready();
  }

  override close(): void {
    this.isClosed = true;
    clearTimeout(this.retrying);
    this.request?.destroy();
  }

  private connect(): void {
    const { origins, channels } = this.options;
    const origin = origins[this.connections++ % origins.length] ?? '';
    const [only, ...more] = channels;
    const path =
      more.length === 0 && only !== undefined
        ? `/channels/${only}/events`
        : `/events?${channels.map((channel) => `channel=${channel}`).join('&')}`;
    const { lastEventId } = this;
    const { token } = this.options;
    const outgoing = http.get(`${origin}${path}`, {
      agent: false,
      headers: {
        Accept: 'text/event-stream',
        'Cache-Control': 'no-store',
        Connection: 'keep-alive',
        ...(lastEventId !== '' && { 'Last-Event-ID': lastEventId }),
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      },
    });
    this.request = outgoing;
    outgoing.on('error', (error: NodeJS.ErrnoException) =>
      this.reconnectLater(outgoing, error.code ?? error.message),
    );
    outgoing.once('response', (response) => this.read(outgoing, response, lastEventId));
  }

  private read(
    outgoing: http.ClientRequest,
    response: http.IncomingMessage,
    lastEventId: string,
  ): void {
    response.on('error', () => undefined);
    response.once('close', () =>
      this.reconnectLater(outgoing, response.complete ? 'complete' : 'broken'),
    );
    if (response.statusCode !== 200) {
      this.see({ kind: 'failed', why: `answered ${String(response.statusCode)}` });
      this.close();
      return;
    }
    this.see({ kind: 'connected', lastEventId });
    const parser = new EventStreamParser((event) => this.take(event));
    response.on('data', (chunk: Buffer) => {
      if (!this.isClosed && this.request === outgoing) parser.push(chunk);
    });
  }

  /** Runs once for each connection, however many events announce its end. */
  private reconnectLater(outgoing: http.ClientRequest, how: string): void {
    if (this.isClosed || this.request !== outgoing) return;
    this.request = undefined;
    this.isReady = false;
    this.see({ kind: 'disconnected', how });
    this.retrying = setTimeout(() => this.connect(), this.options.retryMs ?? 50);
  }

  private take(event: ParsedEvent): void {
    // An id stays valid until the next, even across connections, but a parser knows only its own.
    if (event.id !== undefined) this.lastEventId = event.id;
    const body = JSON.parse(event.data) as Record<string, unknown>;
    switch (event.event) {
      case 'stream.ready':
        this.takeReady(event, body.channels as ReadyPart[]);
        break;
      case 'stream.gap':
        this.see({
          ...{ kind: 'gap', atMs: performance.now(), channel: body.channel as string },
          ...{ after: body.after as string | null, oldest: body.oldest as string | null },
        });
        break;
      case 'stream.closing':
        this.see({ kind: 'closing', reason: body.reason as string });
        break;
      default:
        this.takeMessage(event, body);
    }
  }

  private takeReady({ id = '' }: ParsedEvent, channels: ReadyPart[]): void {
    this.isReady = true;
    this.see({ kind: 'ready', atMs: performance.now(), id, channels });
  }

  private takeMessage({ id: eventId }: ParsedEvent, body: Record<string, unknown>): void {
    const { channel, id, data } = body as { channel: string; id: string; data: unknown };
    this.see({ kind: 'message', channel, id, eventId, message: textOf(data) });
  }
}

/** A publisher's data identifies the message, with padding if it is to be large. */
export function textOf(data: unknown): string {
  return typeof data === 'string' ? data : (data as [string])[0];
}
