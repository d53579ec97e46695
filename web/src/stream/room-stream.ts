import { eventsUrl } from '../http/endpoints.js';
import { isObject, parseObject, stringOf } from '../http/json.js';
import { backoffMs } from './backoff.js';

export type StreamState = 'connecting' | 'live' | 'reconnecting' | 'ended';

export interface StreamReader {
  readonly onState: (state: StreamState) => void;
  /** The stream begins after `start`. A reader that has seen `newest` is up to date. */
  readonly onReady: (start: string, newest: string) => void;
  readonly onMessage: (json: string) => void;
  readonly onGap: () => void;
  /** The server has answered with something that is not a stream. */
  readonly onRefused: () => void;
  /** The server has ended the stream for good. */
  readonly onEnded: (reason: string) => void;
}

/** The events that have a position in the channel. */
const MESSAGE_TYPES = ['message', 'stream.edited', 'stream.deleted', 'stream.cleared'] as const;

/** How long a stream may be silent before the server has said how often it sends heartbeats. */
const SILENCE_MS = 40_000;

/** Two and a half heartbeats, in milliseconds for each second of one. */
const SILENT_BEATS_MS = 2_500;

/** The live stream of one channel. Whenever it ends, it is reopened after the last event received. */
export class RoomStream {
  readonly #channel: string;
  readonly #reader: StreamReader;
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #silenceMs = SILENCE_MS;
  #lastEventId = '';
  #failureCount = 0;
  #ended = false;

  constructor(channel: string, reader: StreamReader) {
    this.#channel = channel;
    this.#reader = reader;
  }

  /** Opens the stream now, even if it is open or about to be reopened. */
  open(): void {
    if (this.#ended) return;
    const first = this.#source === undefined;
    this.close();
    this.#reader.onState(first ? 'connecting' : 'reconnecting');
    const source = new EventSource(eventsUrl(this.#channel, this.#lastEventId));
    source.addEventListener('stream.ready', (event: MessageEvent<string>) => this.#ready(event));
    source.addEventListener('open', () => this.#heard());
    source.addEventListener('stream.heartbeat', () => this.#heard());
    source.addEventListener('stream.gap', () => this.#reader.onGap());
    source.addEventListener('stream.closing', (event: MessageEvent<string>) =>
      this.#closing(event),
    );
    for (const type of MESSAGE_TYPES) {
      source.addEventListener(type, (event: MessageEvent<string>) => this.#message(event));
    }
    source.addEventListener('error', () => this.#failed(source));
    this.#source = source;
  }

  close(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#watchdog);
    this.#source?.close();
  }

  /** Something came. A connection that stays silent for longer than heartbeats take is dead, and the browser cannot see it. */
  #heard(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.open(), this.#silenceMs);
  }

  #ready(event: MessageEvent<string>): void {
    this.#failureCount = 0;
    this.#lastEventId = event.lastEventId;
    const { channels, heartbeatSeconds } = parseObject(event.data);
    if (typeof heartbeatSeconds === 'number') this.#silenceMs = heartbeatSeconds * SILENT_BEATS_MS;
    this.#heard();
    const channel: unknown = Array.isArray(channels) ? channels[0] : undefined;
    const newest = isObject(channel) ? stringOf(channel['position']) : '';
    this.#reader.onState('live');
    this.#reader.onReady(event.lastEventId, newest);
  }

  #message(event: MessageEvent<string>): void {
    this.#lastEventId = event.lastEventId;
    this.#heard();
    this.#reader.onMessage(event.data);
  }

  #closing(event: MessageEvent<string>): void {
    const { reason, reconnect } = parseObject(event.data);
    if (reconnect !== false) return;
    this.#ended = true;
    this.close();
    this.#reader.onState('ended');
    this.#reader.onEnded(stringOf(reason));
  }

  #failed(source: EventSource): void {
    // A message of type `error` also ends up here, on a healthy stream.
    if (source.readyState === EventSource.OPEN) return;
    this.#reader.onState('reconnecting');
    // While it is CONNECTING, the browser itself tries again.
    if (source.readyState !== EventSource.CLOSED) return;
    this.#reader.onRefused();
    this.#timer = setTimeout(() => this.open(), backoffMs(this.#failureCount));
    this.#failureCount += 1;
  }
}
