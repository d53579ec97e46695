import * as http from 'node:http';
import { EventStreamParser, type ParsedEvent } from '../../harness/event-stream-parser.js';
import { placeOf, type Place } from './position.js';
import type { Observation, ReaderLog, ReadyPart } from './record.js';

export interface RecordingReaderOptions {
  readonly name: string;
  readonly channels: readonly string[];
  /** Where it connects to, in turn, beginning with the first: the nodes' origins. */
  readonly origins: readonly string[];
  /** Waits for this long before it comes back. Default: 50 ms, so that many outages fit into a test. */
  readonly retryMs?: number;
}

/**
 * Reads as an EventSource does (WHATWG HTML §9.2): comes back whenever the connection breaks or ends, with
 * the id of the last event that was complete, and gives up at any status but 200. Notes what it sees.
 */
export class RecordingReader implements ReaderLog {
  readonly observations: Observation[] = [];
  readonly channels: readonly string[];
  readonly reader: string;
  private readonly newest = new Map<string, Place | 'end'>();
  private readonly messageCounts = new Map<string, number>();
  private readonly watchers = new Set<() => void>();
  private lastEventId = '';
  private connections = 0;
  private request: http.ClientRequest | undefined;
  private retrying: NodeJS.Timeout | undefined;
  private isReady = false;
  private isClosed = false;

  constructor(private readonly options: RecordingReaderOptions) {
    this.reader = options.name;
    this.channels = options.channels;
    this.connect();
  }

  /** Resolves as soon as `predicate` holds; it is asked again after everything that is seen. */
  until(predicate: (reader: this) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!predicate(this)) return;
        this.watchers.delete(look);
        resolve();
      };
      this.watchers.add(look);
      look();
    });
  }

  /** Resolves once the stream is open and ready. */
  ready(): Promise<void> {
    return this.until(() => this.isReady);
  }

  /** How many observations of this kind it has made. */
  count(kind: Observation['kind']): number {
    return this.observations.filter((seen) => seen.kind === kind).length;
  }

  /** Messages so far, repeats and all; of several channels, of the one with the fewest. */
  get messageCount(): number {
    return Math.min(...this.channels.map((channel) => this.messageCountOf(channel)));
  }

  messageCountOf(channel: string): number {
    return this.messageCounts.get(channel) ?? 0;
  }

  /** Whether it has all of a channel up to this position, or was told that what it has is not followed by any. */
  has(channel: string, newest: string): boolean {
    const at = this.newest.get(channel);
    return at === 'end' || (at !== undefined && `${at.epoch}-${at.offset}` === newest);
  }

  /** Goes away, as a phone that loses its network does, until `comeBack`. */
  leave(): void {
    clearTimeout(this.retrying);
    const { request } = this;
    this.request = undefined;
    this.isReady = false;
    this.see({ kind: 'disconnected', how: 'left' });
    request?.destroy();
  }

  /** Resumes behind the last event it got. Resolves once the stream is ready. */
  async comeBack(): Promise<void> {
    this.connect();
    await this.ready();
  }

  close(): void {
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
    const outgoing = http.get(`${origin}${path}`, {
      agent: false,
      headers: {
        Accept: 'text/event-stream',
        'Cache-Control': 'no-store',
        Connection: 'keep-alive',
        ...(lastEventId !== '' && { 'Last-Event-ID': lastEventId }),
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

  /** Once for each connection, however many ways it has to say that it is over. */
  private reconnectLater(outgoing: http.ClientRequest, how: string): void {
    if (this.isClosed || this.request !== outgoing) return;
    this.request = undefined;
    this.isReady = false;
    this.see({ kind: 'disconnected', how });
    this.retrying = setTimeout(() => this.connect(), this.options.retryMs ?? 50);
  }

  private take(event: ParsedEvent): void {
    // Ids stay until the next, also over connections; a parser knows its own only.
    if (event.id !== undefined) this.lastEventId = event.id;
    const body = JSON.parse(event.data) as Record<string, unknown>;
    switch (event.event) {
      case 'stream.ready':
        this.takeReady(event, body.channels as ReadyPart[]);
        break;
      case 'stream.gap':
        if (body.oldest === null) this.newest.set(body.channel as string, 'end');
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
    for (const { channel, position, recovered, gap } of channels) {
      // Where a resume begins is not where the channel is: what lies between is still to come.
      if (!recovered && !gap) this.newest.set(channel, placeOf(position));
      else if (gap && this.channels.length === 1) this.newest.set(channel, placeOf(id));
    }
    this.see({ kind: 'ready', atMs: performance.now(), id, channels });
  }

  private takeMessage({ id: eventId }: ParsedEvent, body: Record<string, unknown>): void {
    const { channel, id, data } = body as { channel: string; id: string; data: unknown };
    this.newest.set(channel, placeOf(id));
    this.messageCounts.set(channel, this.messageCountOf(channel) + 1);
    this.see({ kind: 'message', channel, id, eventId, message: textOf(data) });
  }

  private see(observation: Observation): void {
    this.observations.push(observation);
    for (const watcher of [...this.watchers]) watcher();
  }
}

/** A publisher's data is its message's identity and, if it is to be large, a filling. */
export function textOf(data: unknown): string {
  return typeof data === 'string' ? data : (data as [string])[0];
}
