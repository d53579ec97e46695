import { setTimeout as delay } from 'node:timers/promises';
import { request } from '../../harness/http-client.js';
import { textOf } from './recording-reader.js';
import { Witness } from './witness.js';

export interface RecordingPollerOptions {
  readonly name: string;
  readonly channel: string;
  readonly origins: readonly string[];
}

interface Page {
  readonly messages: readonly { readonly id: string; readonly data: unknown }[];
  readonly position: string;
  readonly gap: boolean;
}

const WAIT_SECONDS = 5;
/** Few enough that a page comes through connections that break after some kilobytes, however far behind it is. */
const PAGE_COUNT = 20;
const RETRY_MS = 50;

/** Reads by long-polling, one poll after the other, like a client that cannot stream. */
export class RecordingPoller extends Witness {
  private readonly channel: string;
  private polling: AbortController | undefined;
  private position: string | undefined;
  private turn = 0;

  constructor(private readonly options: RecordingPollerOptions) {
    super(options.name, [options.channel]);
    this.channel = options.channel;
    this.begin();
  }

  override ready(): Promise<void> {
    return this.until(() => this.count('ready') > 0);
  }

  override leave(): void {
    this.polling?.abort();
    this.see({ kind: 'disconnected', how: 'left' });
  }

  override comeBack(): Promise<void> {
    this.begin();
    return Promise.resolve();
  }

  override close(): void {
    this.polling?.abort();
  }

  private begin(): void {
    this.polling = new AbortController();
    void this.poll(this.polling.signal);
  }

  private async poll(signal: AbortSignal): Promise<void> {
    const isOver = (): boolean => signal.aborted;
    while (!isOver()) {
      const page = await this.ask(signal);
      if (isOver()) return;
      if (page) {
        this.take(page);
      } else {
        this.turn += 1;
        await delay(RETRY_MS);
      }
    }
  }

  private async ask(signal: AbortSignal): Promise<Page | undefined> {
    const { origins } = this.options;
    const query =
      this.position === undefined
        ? 'limit=1'
        : `after=${this.position}&limit=${PAGE_COUNT}&wait=${WAIT_SECONDS}`;
    const path = `/channels/${this.channel}/messages?${query}`;
    try {
      const answer = await request(`${origins[this.turn % origins.length] ?? ''}${path}`, {
        signal,
        // A connection that is half open stays silent for good.
        deadlineMs: 2 * WAIT_SECONDS * 1000,
      });
      if (answer.status === 200) return answer.json() as Page;
      if (answer.status !== 503) this.see({ kind: 'failed', why: `answered ${answer.status}` });
    } catch {
      // The connection broke: it polls again from where it is.
    }
    return undefined;
  }

  private take({ messages, position, gap }: Page): void {
    const { channel, position: after } = this;
    this.position = position;
    if (after === undefined) {
      const part = { channel, position, recovered: false, gap: false };
      this.see({ kind: 'ready', atMs: performance.now(), id: position, channels: [part] });
      return;
    }
    if (gap) {
      const oldest = messages[0]?.id ?? null;
      this.see({ kind: 'gap', atMs: performance.now(), channel, after, oldest });
    }
    for (const { id, data } of messages) {
      this.see({ kind: 'message', channel, id, eventId: id, message: textOf(data) });
    }
  }
}
