import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { withDeadline } from './deadline.js';
import { EventStreamParser, type ParsedEvent } from './event-stream-parser.js';

/**
 * How a stream ended: the server ended it (`complete`), the server broke it off right behind an event that asks the
 * client to come back (`sent away`), the connection broke inside it (`broken`), or this reader closed it (`closed`).
 */
export type StreamEnd = 'complete' | 'sent away' | 'broken' | 'closed';

export type EventPredicate = (event: ParsedEvent) => boolean;

/** One open event stream, with everything received on it. Subclasses open it. */
export abstract class EventStreamReader {
  /** All events so far, consumed or not. */
  readonly events: ParsedEvent[] = [];
  /** Resolves when the stream is over; never rejects. */
  readonly ended: Promise<StreamEnd>;

  private readonly parser = new EventStreamParser((event) => {
    this.events.push(event);
    this.unconsumed.push(event);
  });
  private readonly unconsumed: ParsedEvent[] = [];
  private readonly watchers = new Set<() => void>();
  private text = '';
  private end: StreamEnd | undefined;

  protected constructor(
    private readonly url: string,
    private readonly source: Readable,
    readonly status: number,
    readonly headers: IncomingHttpHeaders,
    private readonly deadlineMs: number,
    isComplete: () => boolean,
  ) {
    source.on('data', (chunk: Buffer) => {
      this.text += this.parser.push(chunk);
      this.notify();
    });
    source.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      source.once('close', () => {
        this.end ??= isComplete() ? 'complete' : this.isSentAway() ? 'sent away' : 'broken';
        resolve(this.end);
        this.notify();
      });
    });
  }

  /** How many blocks had no data. Some clients hand them out as events. */
  get emptyBlockCount(): number {
    return this.parser.emptyBlockCount;
  }

  /** The texts of the comments, without the colon. */
  get comments(): readonly string[] {
    return this.parser.comments;
  }

  /** What a browser would send as Last-Event-ID if it reconnected now; '' before any id. */
  get lastEventId(): string {
    return this.parser.lastEventId;
  }

  /** The last `retry:` in milliseconds. */
  get retry(): number | undefined {
    return this.parser.retry;
  }

  /** All text of the body so far. */
  get body(): string {
    return this.text;
  }

  get isOpen(): boolean {
    return this.end === undefined;
  }

  /**
   * The oldest event that matches and that no earlier call has been given, waiting for it if need
   * be. Events that do not match stay for later calls. Rejects when the stream ends without it.
   */
  next(predicate: EventPredicate = () => true): Promise<ParsedEvent> {
    return this.wait('event', () => {
      const index = this.unconsumed.findIndex(predicate);
      return index === -1 ? undefined : this.unconsumed.splice(index, 1)[0];
    });
  }

  /** The next `count` events that match, all at once; until then none of them is consumed. */
  take(count: number, predicate: EventPredicate = () => true): Promise<ParsedEvent[]> {
    return this.wait(`${count} events`, () => {
      const taken = this.unconsumed.filter(predicate).slice(0, count);
      if (taken.length < count) return undefined;
      for (const event of taken) this.unconsumed.splice(this.unconsumed.indexOf(event), 1);
      return taken;
    });
  }

  /** Resolves once `predicate` holds; it is asked again after every chunk and at the end. */
  async until(predicate: (reader: this) => boolean): Promise<void> {
    await this.wait('state', () => (predicate(this) ? true : undefined));
  }

  /** Stops reading from the socket, as a reader that cannot keep up does. */
  pause(): void {
    this.source.pause();
  }

  resume(): void {
    this.source.resume();
  }

  /** Reads one chunk at a time, 64 KiB at most, with a pause after each, as over a slow line. */
  readSlowly(pauseMs: number): void {
    this.source.on('data', () => {
      this.source.pause();
      setTimeout(() => this.source.resume(), pauseMs);
    });
  }

  /** Disconnects, like a closed tab. What was received stays. */
  async close(): Promise<void> {
    this.end ??= 'closed';
    this.source.destroy();
    await this.ended;
  }

  private wait<Value>(what: string, find: () => Value | undefined): Promise<Value> {
    let look: () => void = () => undefined;
    const found = new Promise<Value>((resolve, reject) => {
      look = () => {
        try {
          const value = find();
          if (value === undefined) {
            if (this.end !== undefined) throw new Error(this.explain(`over before the ${what}`));
            return;
          }
          this.watchers.delete(look);
          resolve(value);
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      this.watchers.add(look);
      look();
    });
    const explain = (): string => this.explain(`no such ${what}`);
    return withDeadline(found, this.deadlineMs, explain).finally(() => this.watchers.delete(look));
  }

  private notify(): void {
    for (const watcher of [...this.watchers]) watcher();
  }

  private explain(what: string): string {
    const received = this.events.slice(-20).map(({ raw }) => raw);
    const lines =
      received.length > 0 ? received.join('\n') : this.text.slice(-2_000) || '(nothing)';
    const state = this.end ?? 'open';
    return `${what}; ${this.url}, ${this.status}, ${state}, ${this.events.length} events:\n${lines}`;
  }

  private isSentAway(): boolean {
    const last = this.events.at(-1);
    return (
      last?.event === 'stream.closing' &&
      this.text.endsWith('\n\n') &&
      (JSON.parse(last.data) as { reconnect: boolean }).reconnect
    );
  }
}
